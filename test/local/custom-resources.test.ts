import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CustomResource, Stack } from 'aws-cdk-lib';
import { readAssembly } from '../../local/assembly/assembly';
import { CustomResources } from '../../local/assembly/custom-resources';
import { Deployment } from '../../local/assembly/deployment';

const outdirs: string[] = [];
afterAll(() => outdirs.forEach((outdir) => rmSync(outdir, { recursive: true, force: true })));

/** A deployment of resources, each with the bucket that it is for. */
function deploymentOf(buckets: Readonly<Record<string, string>>): Deployment {
  const outdir = mkdtempSync(join(tmpdir(), 'resources-'));
  outdirs.push(outdir);
  const app = new App({ outdir });
  const stack = new Stack(app, 'Stack');
  for (const [id, VectorBucketArn] of Object.entries(buckets)) {
    new CustomResource(stack, id, { resourceType: 'Custom::EmptiedVectorBucket', serviceToken: 'arn:function', properties: { VectorBucketArn, Times: 2 } });
  }
  app.synth();
  return new Deployment(readAssembly(outdir));
}

/** What a function was asked for, which calls each resource by its bucket. */
function start(answer: (event: any) => object = ({ ResourceProperties }) => ({ Status: 'SUCCESS', PhysicalResourceId: ResourceProperties.VectorBucketArn })) {
  const asked: unknown[][] = [];
  const resources = new CustomResources(async (functionArn, event: any) => {
    asked.push([event.RequestType, event.ResourceProperties.VectorBucketArn, event.PhysicalResourceId]);
    expect([functionArn, event.ResourceProperties.Times]).toEqual(['arn:function', '2']);
    await fetch(event.ResponseURL as string, { method: 'PUT', body: JSON.stringify(answer(event)) });
  });
  return { resources, take: () => asked.splice(0) };
}

test('resources are made once, changed where they change, and deleted where they are gone or another has taken their place, after all others', async () => {
  const { resources, take } = start();
  await resources.apply(deploymentOf({ One: 'a', Other: 'b' }));
  expect(take()).toEqual([['Create', 'a', undefined], ['Create', 'b', undefined]]);
  await resources.apply(deploymentOf({ One: 'a', Other: 'b' }));
  expect(take()).toEqual([]);
  await resources.apply(deploymentOf({ One: 'c', Third: 'd' }));
  const [first, second, ...deleted] = take();
  expect([first, second]).toEqual(expect.arrayContaining([['Update', 'c', 'a'], ['Create', 'd', undefined]]));
  expect(deleted).toEqual([['Delete', 'b', 'b'], ['Delete', 'a', 'a']]);
  await resources.apply(deploymentOf({}));
  expect(take()).toEqual([['Delete', 'c', 'c'], ['Delete', 'd', 'd']]);
  await resources.apply(deploymentOf({}));
  expect(take()).toEqual([]);
});

test('a function that fails fails the deployment, and says why', async () => {
  const { resources } = start(({ RequestType }) => (RequestType === 'Delete' ? { Status: 'FAILED', Reason: 'it is not empty' } : { Status: 'SUCCESS', PhysicalResourceId: 'a' }));
  await resources.apply(deploymentOf({ One: 'a' }));
  await expect(resources.apply(deploymentOf({}))).rejects.toThrow(/Stack\/One\w* could not be deleted: it is not empty/);
});
