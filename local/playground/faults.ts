import { h } from './dom';
import { type Fault, type FaultKind } from '../bedrock/faults';

const FAULTS: Readonly<Record<FaultKind, readonly [name: string, meaning: string]>> = {
  'none': ['None', 'The model answers as it should.'],
  'throttle': ['Throttled', 'Bedrock refuses the call before the first token.'],
  'throttle-in-stream': ['Throttled in the stream', 'Bedrock accepts the call and throttles it before the first token.'],
  'unavailable': ['Unavailable', 'Bedrock cannot take the call at all.'],
  'error': ['Error mid-answer', 'The stream breaks with a model error after some tokens.'],
  'slow': ['Slow', 'Long gaps between the tokens.'],
  'cut': ['Connection cut', 'The connection to the model drops mid-answer.'],
  'late': ['Late', 'The first token comes after some seconds.'],
  'invented': ['Made up', 'The model says what stands in no document; a guardrail that checks grounding refuses it.'],
  'unfinished': ['No end', 'The stream ends without saying that the answer is complete.'],
};

/** The switch for the local model's failures. It belongs to the local cloud alone; nothing of it exists in AWS. */
export class FaultSwitch {
  readonly element: HTMLElement;
  private readonly kind = h('select', { id: 'fault-kind', onchange: () => void this.put() },
    ...Object.entries(FAULTS).map(([value, [name]]) => h('option', { value }, name)));
  private readonly once = h('input', { type: 'checkbox', id: 'fault-once', onchange: () => void this.put() });
  private readonly meaning = h('p', { id: 'fault-meaning', class: 'hint' });
  private readonly trouble = h('p', { class: 'trouble', role: 'alert' });

  constructor(private readonly changed: (name: string | undefined) => void) {
    this.kind.setAttribute('aria-describedby', 'fault-meaning');
    this.element = h('section', { 'class': 'faults', 'aria-labelledby': 'fault-title' },
      h('h2', { id: 'fault-title' }, 'Model failures ', h('span', { class: 'badge' }, 'Local test tool')),
      h('label', { for: 'fault-kind' }, 'What the model does wrong'),
      this.kind,
      this.meaning,
      h('label', { class: 'check' }, this.once, 'Next model call only'),
      this.trouble,
    );
  }

  /** Reads the switch again: a failure that was asked for once is over after its call. */
  async refresh(): Promise<void> {
    await this.exchange(() => fetch('/local/faults'));
  }

  private async put(): Promise<void> {
    const times = this.once.checked ? { times: 1 } : {};
    await this.exchange(() => fetch('/local/faults', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: this.kind.value, ...times }),
    }));
  }

  private async exchange(call: () => Promise<Response>): Promise<void> {
    try {
      const response = await call();
      if (!response.ok) {
        throw new Error(`/local/faults answered ${response.status}`);
      }
      this.show(await response.json() as Fault);
      this.trouble.textContent = '';
    } catch (error) {
      this.trouble.textContent = `The switch does not work: ${(error as Error).message}`;
    }
  }

  private show({ kind, times }: Fault): void {
    this.kind.value = kind;
    this.once.checked = kind === 'none' ? this.once.checked : times !== undefined;
    this.meaning.textContent = FAULTS[kind][1];
    this.element.classList.toggle('on', kind !== 'none');
    this.changed(kind === 'none' ? undefined : FAULTS[kind][0]);
  }
}
