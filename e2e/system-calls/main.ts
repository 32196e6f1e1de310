/** `npm run docs:system-calls`: writes docs/system-calls.md. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatPage } from "../support/format-page.js";
import { repository } from "../support/gorunner.js";
import { systemCallsPage } from "./page.js";

const file = join(repository, "docs/system-calls.md");
writeFileSync(file, systemCallsPage());
formatPage(file);
