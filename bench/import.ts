import { execFileSync } from 'node:child_process';
import { interleave } from './measure';
import type { Row } from './row';
import { withInstalled } from './tarball';

const TIMER = `
  const start = performance.now();
  require(process.argv[1]);
  process.stdout.write(String(performance.now() - start));`;

const importing: Row = {
  name: 'import',
  title: 'require of the installed package, against require of aws-cdk-lib',
  run: ({ runs = 15 }) => withInstalled(async (app, { name }) => {
    const time = (id: string) => () => Number(execFileSync(process.execPath, ['-e', TIMER, id], { cwd: app, encoding: 'utf8' }));
    const times = await interleave(runs, { cdk: time('aws-cdk-lib'), ours: time(name) });
    return {
      figures: [
        { name: 'aws-cdk-lib', value: times.cdk, unit: 'ms', kind: 'time' },
        { name, value: times.ours, unit: 'ms', kind: 'time' },
        { name: 'ratio', value: times.ours / times.cdk, unit: '×', goal: 1.5, kind: 'time' },
      ],
      notes: [`Node ${process.version}, medians of ${runs} fresh processes each, interleaved`],
    };
  }),
};

export default importing;
