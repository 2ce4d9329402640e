import type { Hooks } from '../../../lambda/ports/hooks';

/** Functions of a builder, by name; one that is not there lets everything pass. */
export class ScriptedHooks implements Hooks {
  /** What each function was asked or told. */
  readonly events: any[] = [];
  readonly told: string[] = [];

  constructor(private readonly functions: Readonly<Record<string, (event: any) => unknown>> = {}) {}

  async ask(name: string, event: object) {
    this.events.push(structuredClone(event));
    return this.functions[name]?.(event) ?? null;
  }

  async tell(name: string, event: object) {
    this.told.push(name);
    await this.ask(name, event);
  }
}
