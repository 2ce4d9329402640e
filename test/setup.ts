import { createRequire } from 'node:module';

// From aws-cdk-lib 2.265 on this leaves CloudFormation validation to the compliance tests.
process.env.CDK_VALIDATION ??= 'false';
// aws-cdk-lib calls deprecated props of its own.
process.env.JSII_DEPRECATED ??= 'quiet';

// Older versions validate at every synth, by an engine that takes seconds to start in each file. Tests that validate take the setting away before they synthesize.
const VALIDATOR = createRequire(require.resolve('aws-cdk-lib')).resolve('@aws/cloudformation-validate');
jest.doMock(VALIDATOR, () => {
  if (process.env.CDK_VALIDATION !== 'false') return jest.requireActual<object>(VALIDATOR);
  class RegoEngine {
    validateDetailed() {
      return { diagnostics: [] };
    }

    listRules() {
      return [];
    }
  }
  return { RegoEngine, TemplateFile: class {}, version: () => 'left out' };
});
