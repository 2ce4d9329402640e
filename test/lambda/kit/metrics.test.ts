import { createMetrics, type MetricSubject } from '../../../lambda/kit/metrics';

interface Embedded {
  readonly _aws: { readonly CloudWatchMetrics: readonly { readonly Dimensions: string[][]; readonly Metrics: object[] }[] };
}

const publish = createMetrics('Test', { Service: 'Chat', Model: 'some-model' }, []);

test.each<[string, MetricSubject | undefined, boolean, string[][]]>([
  ['with the dimensions that all have', undefined, false, [['Service', 'Model']]],
  ['for a subject, and once without it', { Route: 'default' }, false, [['Service', 'Model'], ['Service', 'Model', 'Route']]],
  ['again for a subject, and not without it', { Group: 'premium' }, true, [['Service', 'Group']]],
  ['with the dimensions that all have, whatever came before', undefined, false, [['Service', 'Model']]],
])('counts %s', (_, about, again, dimensions) => {
  const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  publish({ Turns: 1, Cost: undefined }, about, again);
  const line = JSON.parse(String(written.mock.calls[0][0])) as Embedded;
  written.mockRestore();
  expect(line._aws.CloudWatchMetrics).toMatchObject([{ Dimensions: dimensions, Metrics: [{ Name: 'Turns' }] }]);
  expect(line).toMatchObject({ Service: 'Chat', ...about, Turns: 1 });
});
