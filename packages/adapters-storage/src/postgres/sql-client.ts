/** The slice of a connection that a migration uses. */
export interface SqlClient {
  query(text: string, values?: string[]): Promise<{ rows: Record<string, unknown>[] }>;
}
