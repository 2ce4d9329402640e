import { awscdk } from 'projen';

/** The commands behind `npm run`, `npm start` and `npm test`. */
export function tasks(project: awscdk.AwsCdkConstructLibrary) {
  const bundle = project.addTask('bundle', { description: 'Bundle every handler of lambda/ into lambda/dist', exec: 'ts-node -P tsconfig.dev.json projenrc/bundle.ts' });
  const typecheck = project.addTask('typecheck', { description: 'Type-check handlers, local cloud, examples, tests and benchmarks', exec: 'tsc --noEmit -p tsconfig.dev.json' });
  const lint = project.addTask('lint', {
    description: 'Lint without mending (npm run eslint mends)',
    exec: 'eslint --ext .ts --max-warnings 0 --no-error-on-unmatched-pattern lib lambda local examples test bench projenrc .projenrc.ts',
    env: { ESLINT_USE_FLAT_CONFIG: 'false', NODE_NO_WARNINGS: '1' },
  });
  project.addTask('docs', { description: 'Write API.md from the compiled library', steps: [{ spawn: 'compile' }, { spawn: 'docgen' }] });
  project.addTask('examples', {
    description: 'Compile the examples of the README and of every docstring, as users of other languages will see them',
    exec: 'jsii-rosetta extract --compile --strict --fail .jsii',
  });
  project.addTask('synth', { description: 'Synthesize every example into cdk.out', exec: 'ts-node -P tsconfig.dev.json examples/app.ts', env: { CDK_OUTDIR: 'cdk.out' } });
  project.addTask('bench', { description: 'Measure size, load, streaming, synth and import as ratios', exec: 'ts-node -P tsconfig.dev.json bench/main.ts', receiveArgs: true });

  project.compileTask.exec('ts-node -P tsconfig.dev.json projenrc/lazy-exports.ts');
  // The handlers belong to the package as much as the compiled library does.
  project.compileTask.spawn(bundle);

  project.testTask.reset();
  project.testTask.spawn(project.compileTask);
  project.testTask.spawn(typecheck);
  project.testTask.spawn(lint);
  project.testTask.exec('jest', { receiveArgs: true });

  // A build makes the npm package; the release workflow makes the other languages', each where its tools are.
  project.packageTask.reset();
  project.packageTask.exec('projen package:js');

  project.setScript('start', 'ts-node -P tsconfig.dev.json local/main.ts');
}
