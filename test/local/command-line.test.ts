import { EXAMPLES } from '../../examples/app';
import { readCommandLine, USAGE } from '../../local/command-line';

test('starts the first example on the usual port when nothing is said', () => {
  expect(readCommandLine([])).toEqual({ help: false, example: 'chatbot-api', port: 4100, open: true, bedrock: false });
});

test('names every example', () => {
  expect(USAGE.split('--assembly')[0].match(/[a-z]+(-[a-z]+)+/g)?.sort()).toEqual(Object.keys(EXAMPLES).sort());
});

test('takes every option', () => {
  expect(readCommandLine(['--assembly', 'cdk.out', '--port', '0', '--no-open', '--model-url', 'http://127.0.0.1:11434/v1?model=small', '-h']))
    .toMatchObject({ help: true, assembly: 'cdk.out', port: 0, open: false, modelUrl: 'http://127.0.0.1:11434/v1?model=small' });
});

test.each<[string, string[], string]>([
  ['an option that there is not, and says which there are', ['--prot', '1'], "Unknown option '--prot'\n\nUsage: npm start [example] [-- options]"],
  ['an option without its value', ['--port'], "Option '--port <value>' argument missing\n\nUsage"],
  ['a port that is none', ['--port', 'http'], "'--port' must be a number from 0 to 65535, got http"],
  ['a model server that is no address', ['--model-url', 'notaurl'], "'--model-url' must be an address such as http://127.0.0.1:11434/v1, got notaurl"],
  ['a model server that speaks no HTTP', ['--model-url', 'localhost:11434/v1'], "'--model-url' must be an address such as http://127.0.0.1:11434/v1, got localhost:11434/v1"],
  ['two that answer', ['--model-url', 'http://127.0.0.1:1/v1', '--bedrock'], "only one of '--model-url' and '--bedrock'"],
  ['an example that there is not, before anything is done', ['diy'], "there is no example 'diy', only chatbot-api, chatbot-api-regulated, diy-rag,"],
  ['two things to deploy', ['chatbot-api', '--assembly', 'cdk.out'], "only one of 'chatbot-api' and '--assembly'"],
  ['two examples', ['one', 'two'], 'one example at a time, got one, two'],
])('refuses %s', (_, args, message) => {
  expect(() => readCommandLine(args)).toThrow(message);
});
