import { bedrockAgent } from './agent';
import { bedrockAgentRuntime } from './agent-runtime';
import { Bases, type KnowledgeSettings } from './bases';
import { readKnowledgeBases } from './definition';
import type { KnowledgeFaults } from './faults';
import { KnowledgeShelf } from './knowledge-shelf';
import type { SeededQueries } from './sql-base';
import type { Deployment } from '../assembly/deployment';
import type { AwsService } from '../aws/service';
import type { Principals } from '../iam/principals';
import { serviceRole } from '../iam/service-role';
import type { FunctionPool } from '../lambda/pool';
import type { Buckets } from '../s3/store';

export interface KnowledgeOptions {
  readonly deployment: Deployment;
  readonly principals: Principals;
  readonly buckets: Buckets;
  /** The Bedrock runtime, whose model answers. */
  readonly model: AwsService;
  functionOf(functionArn: string): FunctionPool | undefined;
  readonly onNotice: (line: string) => void;
}

/** What tests and the page do with the knowledge bases of a local cloud. */
export interface Knowledge {
  readonly faults: KnowledgeFaults;
  readonly settings: KnowledgeSettings;
  /** The documents that can be found now, by the id of their knowledge base: URIs, and ids of custom documents. */
  indexed(): Readonly<Record<string, readonly string[]>>;
  /** What queries of databases find. */
  readonly queries: SeededQueries;
  /** The documents themselves, and how far each has come. */
  readonly shelf: KnowledgeShelf;
}

export interface DeployedKnowledge extends Knowledge {
  readonly services: readonly AwsService[];
  /** The stores behind, by IAM prefix: nobody calls them here but the service in the name of its role. */
  readonly stores: readonly string[];
  stop(): void;
}

/** The knowledge bases of a deployment, at work. */
export function deployedKnowledge({ deployment, principals, buckets, model, functionOf, onNotice }: KnowledgeOptions): DeployedKnowledge {
  const bases = new Bases(readKnowledgeBases(deployment), {
    buckets,
    onNotice,
    roleOf: (roleArn) => serviceRole(principals, roleArn, onNotice),
    call(functionArn, event) {
      const pool = functionOf(functionArn);
      return pool ? pool.call(event) : Promise.reject(new Error(`there is no function ${functionArn}`));
    },
  });
  return {
    faults: bases.faults,
    settings: bases.settings,
    queries: bases.queries,
    shelf: new KnowledgeShelf(bases, buckets),
    services: [bedrockAgent(bases), bedrockAgentRuntime(bases, model)],
    stores: [...new Set(bases.all.flatMap(({ base }) => base.storeAccess.map(({ action }) => action.split(':')[0])))],
    indexed: () => Object.fromEntries(bases.all.map(({ base, store }) => [base.id, store.all().filter(({ chunks }) => chunks.length > 0)
      .map(({ identifier }) => identifier.s3?.uri ?? String(identifier.custom?.id)).sort()])),
    stop: () => bases.stop(),
  };
}
