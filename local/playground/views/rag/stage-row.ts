import { h, spoken } from '../../dom';

/** What a stage is waiting for where the service has a word of its own for that. */
const BETWEEN: Readonly<Record<string, { readonly after: string; readonly name: string }>> = {
  scanning: { after: 'queued', name: 'being scanned' },
};

interface Stage {
  readonly name: string;
  readonly element: HTMLElement;
  readonly bar: HTMLElement;
  readonly state: HTMLElement;
}

/** The stages of one document in a row, which fills as it goes through them. */
export class StageRow {
  readonly element: HTMLElement;
  private readonly stages: readonly Stage[];

  constructor(names: readonly string[], document: string) {
    this.stages = names.map((name) => {
      const [bar, state] = [h('span', { 'class': 'bar', 'aria-hidden': 'true' }), spoken('')];
      return { name, bar, state, element: h('li', {}, bar, h('span', { class: 'stage' }, name), state) };
    });
    this.element = h('ol', { 'class': 'stages', 'aria-label': `Stages of ${document}` }, ...this.stages.map(({ element }) => element));
  }

  /**
   * @param progress how much of the stage under way is done, from 0 to 1, where that is known
   * @param failedBefore the stage that a document which failed did not come to
   */
  show(status: string, progress?: number, failedBefore?: string): void {
    const failed = status === 'failed';
    const broken = failed ? this.stages.findIndex(({ name }) => name === failedBefore) : -1;
    const reached = broken >= 0 ? broken - 1 : this.stages.findIndex(({ name }) => name === (BETWEEN[status]?.after ?? status));
    this.element.classList.toggle('failed', failed);
    this.stages.forEach(({ element, bar, state }, at) => {
      const done = at <= reached;
      const underWay = !failed && at === reached + 1 && reached >= 0;
      element.classList.toggle('done', done);
      element.classList.toggle('under-way', underWay);
      element.classList.toggle('broken', at === broken);
      element.removeAttribute('aria-current');
      if (at === reached && !failed) {
        element.setAttribute('aria-current', 'step');
      }
      bar.style.setProperty('--share', String(done ? 1 : underWay ? progress ?? 0 : 0));
      state.textContent = done ? ': done' : underWay ? `: ${underWayAs(status, progress)}` : at === broken ? ': failed here' : failed ? ': not done' : ': not yet';
    });
  }
}

function underWayAs(status: string, progress: number | undefined): string {
  return BETWEEN[status]?.name ?? (progress === undefined ? 'under way' : `${Math.round(progress * 100)} %`);
}
