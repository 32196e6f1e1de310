/** What a run of the corpus gives. */

export interface Result {
  /** The attack's name. */
  name: string;
  /** How it ended, in words that are the same on every run. */
  seen: string;
  /** The rules without which it was seen to succeed, or parts of it. */
  without: string[];
  /** What was not as it should be; empty: it was contained. */
  problems: string[];
}

export interface InForce {
  tier: string;
  resources: string;
  toolchain: string;
  uid?: number;
}

export interface ModeResults {
  mode: string;
  /** Absent: this machine does not offer the mode. */
  inForce?: InForce;
  notOffered?: string;
  results: Result[];
}
