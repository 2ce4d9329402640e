import { Stack } from 'aws-cdk-lib';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import * as aoss from 'aws-cdk-lib/aws-opensearchserverless';
import { type Construct } from 'constructs';
import { type CollectionCapacity } from './collection-capacity';
import { nameUnlikeAnyOther } from '../internal/physical-name';

/** A collection is called by 3 to 28 characters. */
const LONGEST_NAME = 28;

/** A name for a collection and for its policies. */
export function collectionName(scope: Construct, settled: unknown): string {
  return nameUnlikeAnyOther(scope, Stack.of(scope).resolve(settled), { separator: '-', maxLength: LONGEST_NAME });
}

export function defineEncryptionPolicy(scope: Construct, name: string, encryptionKey?: IKey) {
  const key = encryptionKey ? { AWSOwnedKey: false, KmsARN: encryptionKey.keyArn } : { AWSOwnedKey: true };
  return new aoss.CfnSecurityPolicy(scope, 'EncryptionPolicy', { name, type: 'encryption', policy: json(scope, { Rules: [collectionRule(name)], ...key }) });
}

/** From where a collection is reached. */
export interface CollectionReach {
  readonly AllowFromPublic: boolean;
  readonly SourceServices?: readonly string[];
  readonly SourceVPCEs?: readonly string[];
}

export function defineNetworkPolicy(scope: Construct, name: string, from: CollectionReach) {
  return new aoss.CfnSecurityPolicy(scope, 'NetworkPolicy', { name, type: 'network', policy: json(scope, [{ Rules: [collectionRule(name)], ...from }]) });
}

export function defineDataPolicy(scope: Construct, id: string, name: string, rules: object[]) {
  return new aoss.CfnAccessPolicy(scope, id, { name, type: 'data', policy: json(scope, rules) });
}

/** What somebody may do with indexes of a collection; no permission of IAM is enough for that. */
export function indexRule(collection: string, index: string, permissions: readonly string[], principalArn: string) {
  return { Rules: [{ ResourceType: 'index', Resource: [`index/${collection}/${index}`], Permission: permissions }], Principal: [principalArn] };
}

/** A collection for vectors; its policies have to be there before. */
export function defineCollection(scope: Construct, name: string, capacity: CollectionCapacity) {
  const limits = capacity._limits(scope);
  // The newer kind has its twins in other zones always, and says so by this.
  const group = limits && new aoss.CfnCollectionGroup(scope, 'CollectionGroup', { name, generation: 'NEXTGEN', standbyReplicas: 'ENABLED', capacityLimits: limits });
  const collection = new aoss.CfnCollection(scope, 'Collection', {
    name, type: 'VECTORSEARCH', collectionGroupName: group?.name, standbyReplicas: capacity._standbyReplicas,
  });
  if (group) collection.addResourceDependency(group);
  return collection;
}

function collectionRule(name: string) {
  return { ResourceType: 'collection', Resource: [`collection/${name}`] };
}

function json(scope: Construct, value: unknown): string {
  return Stack.of(scope).toJsonString(value);
}
