import { Aws, Token } from 'aws-cdk-lib';
import { type CfnDataSource } from 'aws-cdk-lib/aws-bedrock';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type Construct } from 'constructs';
import { ImageStorage } from './image-storage';
import { isManaged, type SourceBuild } from './source-binding';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { fail, requireLength, requireMade } from '../internal/validation';
import { type IModel, ModelInput } from '../model';
import { modelArnOf } from '../model/model-arn';

/** What becomes of images that are found in documents. */
export interface ImageOptions {
  /**
   * Whether images are kept, so that they are found and shown. Described in words they are anyway.
   *
   * @default false
   */
  readonly keepImages?: boolean;

  /**
   * Where they are kept; all sources of a knowledge base share one bucket.
   *
   * @default - a private bucket, made where images are kept
   */
  readonly imageBucket?: IBucket;
}

/** Options of `Parsing.foundationModel`. */
export interface FoundationModelParsingOptions extends ImageOptions {
  /**
   * What the model is told to make of a page, at most 10000 characters.
   *
   * @default - Bedrock's own prompt, which asks for all text as Markdown, and tables and figures in words
   */
  readonly prompt?: string;
}

/**
 * How text is read out of documents. Another way is another data source, whose documents are read anew.
 *
 * @example
 * const scans = DataSource.s3(undefined, { parsing: Parsing.dataAutomation({ keepImages: true }) });
 */
export abstract class Parsing {
  /** The text that is there, for nothing; of a managed knowledge base by what it takes for best. */
  public static standard(): Parsing {
    return new Standard();
  }

  /**
   * By a model that looks at each page of a PDF, and at images: tables, figures and scans are read too. The model is paid for by the token.
   *
   * @param model a model that takes images
   * @param options what it is told
   */
  public static foundationModel(model: IModel, options: FoundationModelParsingOptions = {}): Parsing {
    return new ByModel(model, options);
  }

  /** By Bedrock Data Automation, which is paid for by the page: tables, figures and scans, and speech and films too. */
  public static dataAutomation(options: ImageOptions = {}): Parsing {
    return new ByDataAutomation(options);
  }

  /**
   * Not at all: images, sound and films go to an embedding model that takes them as they are, and are kept to be shown.
   *
   * @param options where they are kept
   */
  public static multimodal(options: MultimodalParsingOptions = {}): Parsing {
    return new Multimodal(options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: SourceBuild): ParsingBinding;
}

/** Options of `Parsing.multimodal`. */
export interface MultimodalParsingOptions {
  /**
   * Where images, sound and films are kept; all sources of a knowledge base share one bucket.
   *
   * @default - a private bucket
   */
  readonly imageBucket?: IBucket;
}

export interface ParsingBinding {
  readonly parsingConfiguration?: CfnDataSource.ParsingConfigurationProperty;
  readonly supplementalBucket?: IBucket;
}

class Standard extends Parsing {
  public _bind(): ParsingBinding {
    return {};
  }
}

class ByModel extends Parsing {
  constructor(private readonly model: IModel, private readonly options: FoundationModelParsingOptions) {
    super();
  }

  public _bind(scope: Construct, build: SourceBuild): ParsingBinding {
    const { prompt } = this.options;
    requireMade(scope, 'parsing.model', this.model, 'bind', "Model, such as Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0')");
    requireLength(scope, 'parsing.prompt', prompt, 1, 10_000);
    refuseManaged(scope, build, 'Parsing.foundationModel()');
    const { modelId, modelName, capabilities, routing } = this.model.bind(scope, build.role);
    if (routing) fail(scope, "'parsing.model' must be one model, for Bedrock calls it by itself, got a router: take one of its models");
    if (!capabilities.inputs.includes(ModelInput.IMAGE)) fail(scope, `'parsing.model' must take images, for it looks at pages, got '${modelName}', which does not: take another, such as amazon.nova-pro-v1:0`);

    const modelArn = modelArnOf(modelId);
    if (Token.isUnresolved(modelId) || modelArn.includes(':inference-profile/') || modelArn.includes(':application-inference-profile/')) {
      build.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['bedrock:GetInferenceProfile'], resources: [modelArn] }));
    }
    const { modality, supplementalBucket } = bindImages(scope, build, this.options);
    return {
      supplementalBucket,
      parsingConfiguration: {
        parsingStrategy: 'BEDROCK_FOUNDATION_MODEL',
        bedrockFoundationModelConfiguration: { modelArn, ...modality, ...(prompt !== undefined && { parsingPrompt: { parsingPromptText: prompt } }) },
      },
    };
  }
}

class ByDataAutomation extends Parsing {
  constructor(private readonly options: ImageOptions) {
    super();
  }

  public _bind(scope: Construct, build: SourceBuild): ParsingBinding {
    refuseManaged(scope, build, 'Parsing.dataAutomation()');
    const project = `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}:aws:data-automation-project/public-rag-default`;
    // A profile leads to several Regions, and which one it is follows from this one.
    const profiles = `arn:${Aws.PARTITION}:bedrock:*:${Aws.ACCOUNT_ID}:data-automation-profile/*`;
    const runs = `arn:${Aws.PARTITION}:bedrock:*:${Aws.ACCOUNT_ID}:data-automation-invocation/*`;
    build.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['bedrock:InvokeDataAutomationAsync'], resources: [project, profiles] }));
    build.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['bedrock:GetDataAutomationStatus'], resources: [runs] }));
    acknowledgeWildcard(build.role, profiles, 'AWS\'s own profile of this geography, in the Regions that it routes to.');
    acknowledgeWildcard(build.role, runs, 'Runs get their names when they begin, in the Region that the profile chose.');
    const { modality, supplementalBucket } = bindImages(scope, build, this.options);
    return { supplementalBucket, parsingConfiguration: { parsingStrategy: 'BEDROCK_DATA_AUTOMATION', bedrockDataAutomationConfiguration: modality } };
  }
}

class Multimodal extends Parsing {
  constructor(private readonly options: MultimodalParsingOptions) {
    super();
  }

  public _bind(scope: Construct, build: SourceBuild): ParsingBinding {
    if (build.vectors?.multimodal === false || !build.vectors) {
      fail(scope, "'embedding' must be a model that takes images as they are with Parsing.multimodal(), got one of text: take EmbeddingModel.foundation('amazon.nova-2-multimodal-embeddings-v1:0'), "
        + 'or another Parsing, such as Parsing.dataAutomation()');
    }
    // A managed knowledge base keeps them itself.
    if (isManaged(build)) return { parsingConfiguration: { parsingStrategy: 'MULTI_MODAL_EMBEDDINGS' } };
    return { supplementalBucket: ImageStorage.of(scope, build, this.options.imageBucket) };
  }
}

function bindImages(scope: Construct, build: SourceBuild, { keepImages = false, imageBucket }: ImageOptions) {
  if (!keepImages && imageBucket) fail(scope, "'parsing.imageBucket' must be left out where no image is kept, got a bucket: leave it out, or set 'parsing.keepImages'");
  if (!keepImages) return {};
  return { modality: { parsingModality: 'MULTIMODAL' }, supplementalBucket: ImageStorage.of(scope, build, imageBucket) };
}

function refuseManaged(scope: Construct, build: SourceBuild, parsing: string) {
  if (isManaged(build)) fail(scope, `'parsing' must be left out with KnowledgeStore.managed(), which reads tables, figures and scans by itself, got ${parsing}: leave it out, or take KnowledgeStore.s3Vectors()`);
}
