import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IDependable } from 'constructs';
import { type StoreReference } from '../contract/own-knowledge';
import { type PassageIndex } from '../contract/passage-stores';
import { type ServiceRole } from '../internal/handler-role';
import { type SearchKind } from '../knowledge';
import { type PlaceBeside } from '../knowledge/knowledge-needs';
import { type CalledService } from '../posture';
import { type Build } from '../posture/build';

/** What a store has to know of the index that it keeps. */
export interface IndexBuild extends Build {
  readonly index: Omit<PassageIndex, 'name'>;
  /** What passages are to be found by; absent is the best that the store can. */
  readonly search?: SearchKind;
}

/** What an index has to know of its store. */
export interface StoreBinding {
  readonly reference: StoreReference;
  /** What both who write and who search call. */
  readonly calls: readonly CalledService[];
  /** Where those run who write and search, where the store can be reached from there alone. */
  readonly place?: PlaceBeside;
  /** What those have besides who write, and who make and drop indexes: parts that lie beside them, and what they call. */
  readonly upkeep?: { readonly parts: readonly string[]; readonly calls: readonly CalledService[] };
  /** What the store cannot change of itself: with another it is another store, which begins empty, and every document is read anew. */
  readonly settled: unknown;
  /** Whether chunks can be found by their words. */
  readonly words: boolean;
  /** That it could keep words, and is told not to: with them it is another index. @default false */
  readonly wordless?: boolean;
  /** Whether texts that describe documents can be compared in part. */
  readonly textFilters: boolean;
  /** What empties it as it goes, where it cannot be deleted while it holds an index: nobody may write before that is there, or after it has gone. */
  readonly emptying?: IDependable;
  letWrite(role: ServiceRole): void;
  letSearch(grantee: IGrantable): void;
  /** Lets a role make indexes of the store, and drop them. */
  letManage(role: ServiceRole): void;
}
