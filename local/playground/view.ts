import { Meter } from './meter';
import { Answers, Target } from './session';
import { SignedFetch } from './signed-fetch';

/** What the shell hands to a view each time that somebody signs in. */
export interface ViewContext {
  /** The column at the side, above the local test tools. */
  readonly aside: HTMLElement;
  readonly main: HTMLElement;
  readonly user: string;
  readonly token: string;
  readonly target: Target;
  readonly api: SignedFetch;
  readonly meter: Meter;
  /** Called after every model call, so that the shell reads its test tools again. */
  settled(): void;
  /** Folds the side column away where it covers the main one. */
  showMain(): void;
}

/** One pattern's part of the page. */
export interface View {
  /** The construct's name, as the header shows it. */
  readonly pattern: string;
  /** What its side column holds, as the button says that opens it. @default - test tools alone */
  readonly side?: string;
  /** What the API answers that the view is for. */
  readonly serves: Answers;
  /** Fills the columns; the function that it returns ends everything still under way. */
  mount(context: ViewContext): () => void;
}
