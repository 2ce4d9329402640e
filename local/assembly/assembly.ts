import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export type Properties = Readonly<Record<string, unknown>>;

/** One resource of a template, still with its intrinsics. */
export interface Resource {
  readonly stack: StackTemplate;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
  readonly condition?: string;
}

/** Something that `cdk deploy` would upload: a file, or a directory that becomes a zip. */
export interface Asset {
  readonly path: string;
  readonly packaging: 'file' | 'zip';
}

/** One stack as `cdk synth` wrote it. */
export interface StackTemplate {
  readonly name: string;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: Readonly<Record<string, { Value: unknown; Export?: { Name: unknown }; Condition?: string }>>;
  readonly parameters: Readonly<Record<string, { Default?: unknown; Type?: string }>>;
  readonly mappings: Readonly<Record<string, Record<string, Record<string, unknown>>>>;
  readonly conditions: Properties;
  /** By the object key that a template uses: `<hash>.zip`. */
  readonly assets: ReadonlyMap<string, Asset>;
}

interface Manifest {
  readonly artifacts?: Record<string, { type: string; properties?: Record<string, string> }>;
}

interface AssetManifest {
  readonly files?: Record<string, { source: { path: string; packaging: Asset['packaging'] }; destinations: Record<string, { objectKey: string }> }>;
}

type TemplateFile = Partial<{
  Resources: Record<string, { Type: string; Properties?: Properties; Condition?: string }>;
  Outputs: StackTemplate['outputs'];
  Parameters: StackTemplate['parameters'];
  Mappings: StackTemplate['mappings'];
  Conditions: Properties;
}>;

/** Every stack of a cloud assembly, with those of its stages. */
export function readAssembly(path: string): StackTemplate[] {
  // Functions run in their own folders: where the code lies must not depend on where one stands.
  const directory = resolve(path);
  const manifestFile = join(directory, 'manifest.json');
  if (!existsSync(manifestFile)) throw new Error(`there is no cloud assembly in ${directory}: 'npx cdk synth -o <folder>' writes one`);
  const manifest = readJson<Manifest>(manifestFile);
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const assets = new Map(artifacts
    .filter(([, artifact]) => artifact.type === 'cdk:asset-manifest')
    .flatMap(([, artifact]) => readAssets(directory, artifact.properties?.file)));

  return artifacts.flatMap(([id, { type, properties = {} }]) => {
    if (type === 'cdk:cloud-assembly') return readAssembly(join(directory, required(properties.directoryName, id)));
    if (type !== 'aws:cloudformation:stack') return [];
    return [readStack(properties.stackName ?? id, join(directory, required(properties.templateFile, id)), assets)];
  });
}

function readStack(name: string, file: string, assets: StackTemplate['assets']): StackTemplate {
  const template = readJson<TemplateFile>(file);
  const resources = new Map<string, Resource>();
  const stack: StackTemplate = {
    name,
    resources,
    outputs: template.Outputs ?? {},
    parameters: template.Parameters ?? {},
    mappings: template.Mappings ?? {},
    conditions: template.Conditions ?? {},
    assets,
  };
  for (const [logicalId, { Type, Properties: properties = {}, Condition }] of Object.entries(template.Resources ?? {})) {
    resources.set(logicalId, { stack, logicalId, type: Type, properties, condition: Condition });
  }
  return stack;
}

function readAssets(directory: string, file: string | undefined): [string, Asset][] {
  if (!file) return [];
  const { files = {} } = readJson<AssetManifest>(join(directory, file));
  return Object.values(files).flatMap(({ source, destinations }) =>
    Object.values(destinations).map(({ objectKey }): [string, Asset] => [objectKey, { path: join(directory, source.path), packaging: source.packaging }]));
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

function required(value: string | undefined, artifact: string): string {
  if (!value) throw new Error(`the artifact ${artifact} of the cloud assembly names no file`);
  return value;
}
