/** What is wrong with the record, and at which row of the chain. Verification ends with the first one. */
export class Broken extends Error {
  readonly seq: number;

  constructor(seq: number, message: string) {
    super(message);
    this.seq = seq;
  }
}
