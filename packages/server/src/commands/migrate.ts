/** `gorunner migrate up|down|status`: the schema of the store. */
import { openStore, type SnippetStore } from "@gorunner/adapters-storage";
import { PinoLogger } from "../logging/pino-logger.js";
import { type CommandContext, configure, tell, write } from "./command-context.js";

export interface MigrateOptions {
  config?: string;
}

export const migrateUp = (context: CommandContext, options: MigrateOptions) =>
  withStore(context, options, async ({ migrations }) => {
    const applied = await migrations.up();
    if (applied.length === 0) await write(context.stdout, "nothing to do: every migration is applied\n");
    for (const name of applied) await write(context.stdout, `applied ${name}\n`);
  });

export const migrateDown = (context: CommandContext, options: MigrateOptions & { dropData?: boolean }) =>
  withStore(context, options, async ({ migrations }) => {
    const undone = await migrations.down({ dropData: options.dropData === true });
    await write(context.stdout, undone === undefined ? "nothing to do: no migration is applied\n" : `undid ${undone}\n`);
  });

export const migrateStatus = (context: CommandContext, options: MigrateOptions) =>
  withStore(context, options, async ({ migrations }) => {
    for (const { name, appliedAt } of await migrations.status()) {
      await write(context.stdout, `${name}  ${appliedAt === undefined ? "pending" : `applied ${appliedAt.toISOString()}`}\n`);
    }
  });

async function withStore(context: CommandContext, options: MigrateOptions, work: (store: SnippetStore) => Promise<void>): Promise<number> {
  const { config, warnings } = await configure(context, options);
  for (const warning of warnings) await tell(context, `configuration: ${warning}`);
  const logger = new PinoLogger({ env: config.env, to: 2, level: "warn" });
  const { location, poolSize, timeoutMs } = config.store;
  const store = await openStore(location, { poolSize, timeoutMs, logger });
  try {
    await work(store);
  } finally {
    await store.close();
  }
  return 0;
}
