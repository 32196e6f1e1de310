/** One value of a server's Prometheus metrics, by its name and labels as they are written there; 0 where it is missing. */
export async function metric(url: string, series: string): Promise<number> {
  const text = await (await fetch(url)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}
