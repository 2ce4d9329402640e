import { Stack } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { type ModelInput } from './capabilities';
import { type IModel, ModelUse } from './model';
import { type ModelBinding } from './model-binding';
import { modelFacts } from './model-facts';
import { ROUTING_FILE } from '../contract/routing';
import { type ServiceRole } from '../internal/handler-role';

/** The model of a handler that answers, or the router with all the models behind it. */
export class BoundModels {
  private bound?: ModelBinding;

  constructor(private readonly scope: Construct, private readonly model: IModel) {}

  /** Grants the models to the handler, and gives what must lie beside it for choosing among them. */
  public bind(role: ServiceRole, use = ModelUse.STREAMED): Record<string, string> {
    const { routing } = this.bound = this.model.bind(this.scope, role, use);
    return routing ? { [ROUTING_FILE]: JSON.stringify(routing._table) } : {};
  }

  /** What clients, metrics and bills call the model or the router. */
  public get name(): string {
    return this.binding.modelName;
  }

  /** Each that may answer. */
  public get candidates(): readonly ModelBinding[] {
    return this.binding.routing?.candidates ?? [this.binding];
  }

  /** Whether there is something to choose. */
  public get routed(): boolean {
    return this.binding.routing !== undefined;
  }

  /** Every reason for which a model may be the first that is asked; those that fall back come beside them. */
  public get routes(): readonly string[] {
    const table = this.binding.routing?._table;
    if (!table) return [];
    return [...table.rules.map(({ name }) => `rule:${name}`), ...(table.classifier?.classes ?? []).map(({ name }) => `class:${name}`), 'default'];
  }

  /** The router's rules that ask who is in a group. */
  public get rulesForGroups(): readonly string[] {
    return (this.binding.routing?._table.rules ?? []).filter(({ when }) => when.some(({ kind }) => kind === 'group')).map(({ name }) => name);
  }

  /** The largest window of any. */
  public get contextTokens(): number {
    return Math.max(...this.candidates.map(({ capabilities }) => capabilities.contextTokens));
  }

  /** The longest answer of any. */
  public get outputTokens(): number {
    return Math.max(...this.candidates.map(({ capabilities }) => capabilities.outputTokens));
  }

  /** What any of them reads: a request goes to one that reads what it holds. */
  public get inputs(): ModelInput[] {
    return [...new Set(this.candidates.flatMap(({ capabilities }) => capabilities.inputs))];
  }

  /** Whether it is known what a token costs. */
  public get priced(): boolean {
    return this.candidates.some(({ prices }) => prices !== undefined);
  }

  /** What the handler must know of them; the routing table lies beside it. */
  public get environment(): Record<'MODEL' | 'ROUTED_MODELS', string> {
    const stack = Stack.of(this.scope);
    return this.routed
      ? { MODEL: '', ROUTED_MODELS: stack.toJsonString(this.candidates.map(({ modelId }) => modelId)) }
      : { MODEL: stack.toJsonString(modelFacts(this.binding)), ROUTED_MODELS: '' };
  }

  private get binding(): ModelBinding {
    if (!this.bound) throw new Error('models are asked for before they are bound to their handler');
    return this.bound;
  }
}
