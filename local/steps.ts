/** Tells whoever waits what is done meanwhile: a line a step, with the seconds since the command began. */
export class Steps {
  constructor(private readonly tell: (line: string) => void, private readonly milliseconds: () => number = () => performance.now()) {}

  /** @param what as people say it, such as `Bundling the handlers` */
  begin(what: string): void {
    this.tell(`${(this.milliseconds() / 1_000).toFixed(1).padStart(6)} s  ${what}`);
  }
}
