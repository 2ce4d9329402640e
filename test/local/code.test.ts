import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { Duration, CfnOutput, Stack } from 'aws-cdk-lib';
import { LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { synthesizeFixture } from './fixture/stack';
import { startCloud } from '../../local/cloud';
import { unzip } from '../../local/lambda/unzip';

const folder = mkdtempSync(join(tmpdir(), 'code-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A zip file by the book, with every other entry deflated. */
function zipFile(name: string, entries: Record<string, string>): string {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [at, [path, text]] of Object.entries(entries).entries()) {
    const method = at % 2 === 0 ? 8 : 0;
    const data = method === 8 ? deflateRawSync(text) : Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(text), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(Buffer.byteLength(text), 18);
    common.writeUInt16LE(Buffer.byteLength(path), 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    const body = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(path), data]);
    bodies.push(body);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, Buffer.from(path)]));
    offset += body.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  const file = join(folder, name);
  writeFileSync(file, Buffer.concat([...bodies, ...directory, end]));
  return file;
}

test('unpacks stored and deflated files', () => {
  unzip(zipFile('good.zip', { 'index.js': 'a'.repeat(1000), 'deep/er/file.txt': 'ä' }), join(folder, 'good'));
  expect(readFileSync(join(folder, 'good/index.js'), 'utf8')).toBe('a'.repeat(1000));
  expect(readFileSync(join(folder, 'good/deep/er/file.txt'), 'utf8')).toBe('ä');
});

test('refuses a file that would lie outside of its folder', () => {
  expect(() => unzip(zipFile('bad.zip', { '../evil.js': 'x' }), join(folder, 'bad'))).toThrow("'../evil.js', which lies outside of it");
});

test('refuses what is no zip file', () => {
  writeFileSync(join(folder, 'text.zip'), 'this is no zip file at all, however long it may be');
  expect(() => unzip(join(folder, 'text.zip'), join(folder, 'text'))).toThrow('is not a zip file');
});

test('runs inline code and code from a zip file', async () => {
  const handler = (word: string) => `exports.handler = async () => ({ statusCode: 200, body: '${word}' });`;
  const codes = { inline: Code.fromInline(handler('inline')), zipped: Code.fromAsset(zipFile('code.zip', { 'index.js': handler('zipped') })) };
  const { directory, remove } = synthesizeFixture((app) => {
    const stack = new Stack(app, 'Codes');
    const api = new RestApi(stack, 'Api');
    for (const [path, code] of Object.entries(codes)) {
      const lambda = new Function(stack, path, { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code, timeout: Duration.seconds(5) });
      api.root.resourceForPath(path).addMethod('GET', new LambdaIntegration(lambda));
    }
    new CfnOutput(stack, 'Url', { value: api.url });
  });
  const cloud = await startCloud({ assembly: directory });
  const bodies = await Promise.all(Object.keys(codes).map(async (path) => (await fetch(cloud.outputs.Codes.Url + path)).text()));
  await cloud.stop();
  remove();
  expect(bodies).toEqual(['inline', 'zipped']);
});
