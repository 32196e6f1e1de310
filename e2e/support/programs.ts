/** Go programs that the tests send, as people write them. */
export const hello = 'package main\nimport "fmt"\nfunc main() {\n fmt.Println("Hello RunCode!")\n}';

/** Prints `word`, then sleeps. */
export const sleeps = (milliseconds: number, word = "slept") =>
  `package main\nimport ("fmt"; "time")\nfunc main() {\n\ttime.Sleep(${milliseconds} * time.Millisecond)\n\tfmt.Println("${word}")\n}\n`;

/** Valid code of exactly so many bytes. */
export function ofBytes(bytes: number): string {
  const code = `${hello}\n//`;
  return code + "x".repeat(bytes - Buffer.byteLength(code));
}
