import { type Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type ChatHost } from './chat-host';
import { type MemoryBinding } from './memory-binding';
import { type Traffic } from '../api/traffic';
import { type BoundModels } from '../model/bound-models';
import { type Measures } from '../observability/measures';

/** Every sign of life of a chat, for its alarms and its dashboard. */
export interface ChatSignals {
  readonly chat: WatchedChat;
  /** What carries requests. */
  readonly traffic: Traffic;
  /** What runs the code, and where events wait that it could not take. */
  readonly host: Pick<ChatHost, 'charts' | 'deadLetters' | 'turnsAreEvents'>;
  /** What carries the conversations. */
  readonly memory: Pick<MemoryBinding, 'charts' | 'alarms'>;
  /** The models that may answer. */
  readonly models: Pick<BoundModels, 'routed' | 'routes' | 'candidates'>;
  /** The groups of callers that are counted by themselves, those of no group included; empty where none were named. */
  readonly groups: readonly string[];
  /** Whether the handler knows what a token costs; without prices it reports no cost. */
  readonly priced: boolean;
  /** Whether turns call functions of the builder's. */
  readonly hooked: boolean;
  /** Whether callers have quotas. */
  readonly limited: boolean;
}

interface WatchedChat extends Measures<
  'metricTurns' | 'metricErrors' | 'metricTimeToFirstToken' | 'metricTurnDuration' | 'metricInputTokens'
  | 'metricOutputTokens' | 'metricCacheReadTokens' | 'metricCost' | 'metricThrottles' | 'metricGuardrailBlocks'
  | 'metricFallbacks' | 'metricHookFailures' | 'metricQuotaRefusals'
> {
  metricOfModel(modelName: string, metricName: string, options?: MetricOptions): Metric;
  metricOfGroup(group: string, metricName: string, options?: MetricOptions): Metric;
  metricOfRoute(route: string, options?: MetricOptions): Metric;
}
