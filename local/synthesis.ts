import { createRequire } from 'node:module';
import { App, CloudFormationValidatePlugin, Validations } from 'aws-cdk-lib';

/**
 * Stands in the place of the validation of CloudFormation's rules, which takes longer than all the rest of a synthesis, and which the compliance tests and `cdk synth` do.
 * Versions of aws-cdk-lib before 2.265 know no other way to leave it out; made without its constructor, which starts the engine.
 */
const unvalidated = Object.create(CloudFormationValidatePlugin.prototype, {
  name: { value: CloudFormationValidatePlugin.PLUGIN_NAME },
  version: { value: undefined },
  ruleIds: { value: [] },
  validate: { value: () => ({ success: true, violations: [] }) },
}) as CloudFormationValidatePlugin;

/** Synthesizes the example that the environment names, once the program that started this one says that handlers are bundled; what takes time to load is loaded by then. */
async function main(): Promise<void> {
  const bundled = new Promise((resolve) => { process.once('message', resolve); });
  const { addExamples } = createRequire(__filename)('../examples/app') as { addExamples(app: App, name?: string): void };
  await bundled;
  const app = new App();
  Validations.of(app).addPlugins(unvalidated);
  addExamples(app, process.env.EXAMPLE);
  app.synth();
}

// Whoever started it has gone: nobody waits any more.
process.once('disconnect', () => process.exit());
main().then(() => process.disconnect(), (error: Error) => {
  console.error(error);
  process.exit(1);
});
