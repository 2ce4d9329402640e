import { Duration } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { commonCapabilities } from '../common-capabilities';
import type { ModelRouterProps, RequestClassifier } from './model-router';
import type { ModelShare } from './model-split';
import { requireClassifier, requireRouter, requireShares, requireStatic, warnOfIdleFallback } from './router-rules';
import { type RoutingClassifier, type RoutingTable, type RoutingTarget } from '../../contract/routing';
import { fail, requireMade } from '../../internal/validation';
import type { IModel, ModelUse } from '../model';
import { type ModelBinding, ModelRouting } from '../model-binding';
import { modelFacts } from '../model-facts';

export const ROUTER_NAME = 'auto';
const CLASSIFIER_TIMEOUT = Duration.millis(1_500);
const COOL_DOWN = Duration.seconds(30);
const MODEL_FACTORY = 'Model, such as Model.standard(), or new ModelSplit';

/** Binds every model of a router once, and writes down what the handler decides by. */
export function bindRouter(props: ModelRouterProps & { readonly name: string }, scope: IConstruct, caller: iam.IGrantable, use?: ModelUse): ModelBinding {
  requireRouter(scope, props);
  const candidates = new Candidates(scope, (model) => model.bind(scope, caller, use));
  const otherwise = candidates.target('model', props.model);
  const table: RoutingTable = {
    name: props.name,
    otherwise,
    rules: (props.rules ?? []).map(({ name, when, use: model }) => ({
      name, when: when.map((trait) => trait._bind(scope)), to: candidates.target(`rules[${name}].use`, model),
    })),
    classifier: props.classifier && boundClassifier(scope, props.classifier, candidates),
    fallback: (props.fallback ?? []).map((model) => candidates.place('fallback', model)),
    firstTokenMs: props.firstTokenTimeout?.toMilliseconds(),
    coolDownMs: (props.coolDown ?? COOL_DOWN).toMilliseconds(),
    selectable: props.selectable ?? false,
    models: candidates.bindings.map((binding) => {
      const { id: _, ...facts } = modelFacts(binding);
      return facts;
    }),
  };
  requireStatic(scope, table);
  warnOfIdleFallback(scope, table);
  const { modelId } = candidates.bindings[otherwise[0].model];
  if (candidates.bindings.some(({ modelName }) => modelName === props.name)) {
    fail(scope, `'name' of the router must not be that of one of its models, got '${props.name}': clients could not tell them apart`);
  }
  return { modelId, modelName: props.name, capabilities: commonCapabilities(candidates.bindings), routing: new ModelRouting(candidates.bindings, table) };
}

function boundClassifier(scope: IConstruct, { model, classes, timeout = CLASSIFIER_TIMEOUT }: RequestClassifier, candidates: Candidates): RoutingClassifier {
  requireClassifier(scope, classes, timeout);
  return {
    model: candidates.place('classifier.model', model),
    timeoutMs: timeout.toMilliseconds(),
    classes: classes.map(({ name, description, use }) => ({ name, description, to: candidates.target(`classifier.classes[${name}].use`, use) })),
  };
}

/** The models of a router, each once however often it is named. */
class Candidates {
  readonly bindings: ModelBinding[] = [];
  private readonly places = new Map<IModel, number>();

  constructor(private readonly scope: IConstruct, private readonly bind: (model: IModel) => ModelBinding) {}

  target(prop: string, model: IModel): RoutingTarget {
    if (!isSplit(model)) return [{ model: this.place(prop, model), weight: 1 }];
    requireShares(this.scope, prop, model._shares);
    return model._shares.map(({ model: shared, weight }) => ({ model: this.place(prop, shared), weight }));
  }

  place(prop: string, model: IModel): number {
    if (model === undefined || model === null) fail(this.scope, `'${prop}' must be given: a ${MODEL_FACTORY}`);
    requireMade(this.scope, prop, model, 'bind', MODEL_FACTORY);
    const known = this.places.get(model);
    if (known !== undefined) return known;
    const binding = this.bind(model);
    if (binding.routing) fail(this.scope, `'${prop}' must be one model, got a router or a split: put rules and shares into the one router`);
    const place = this.same(binding) ?? this.bindings.push(binding) - 1;
    this.places.set(model, place);
    return place;
  }

  /** The same model made twice is one; two that only bear the same name could not be told apart in metrics. */
  private same({ modelId, modelName }: ModelBinding): number | undefined {
    const place = this.bindings.findIndex((each) => each.modelName === modelName);
    if (place < 0) return undefined;
    if (this.bindings[place].modelId !== modelId) {
      fail(this.scope, `two models of the router are called '${modelName}': give one of them another 'name', so that clients and metrics can tell them apart`);
    }
    return place;
  }
}

function isSplit(model: IModel): model is IModel & { readonly _shares: ModelShare[] } {
  return typeof model === 'object' && model !== null && '_shares' in model;
}
