import type { ModelFacts } from '../../lib/contract/model';
import { NotFound } from '../kit/http';

/** What a request may ask for, as the facts of an API's one model say it. */
export interface ModelOffer extends Pick<ModelFacts, 'name' | 'inputs'> {
  /** Models that may be asked for by their own names. */
  readonly choices?: readonly string[];
}

/** The API's own name asks for whatever it would answer with. */
export function chosenModel(asked: string | undefined, { name, choices = [] }: ModelOffer): string | undefined {
  if (asked === undefined || asked === name) return undefined;
  if (choices.includes(asked)) return asked;
  const names = [name, ...choices].map((each) => `'${each}'`).join(', ');
  throw new NotFound('model', `There is no model '${asked.slice(0, 100)}' here; 'model' must be ${names}, or be left out.`, 'model_not_found');
}
