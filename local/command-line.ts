import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readServerUrl } from './bedrock/openai-server';

/** Each file of the folder is one, but for the app that has them all. */
const EXAMPLES = readdirSync(join(__dirname, '../examples')).filter((file) => file.endsWith('.ts') && file !== 'app.ts').map((file) => file.slice(0, -'.ts'.length)).sort();

export const USAGE = `Usage: npm start [example] [-- options]

  example             chatbot-api (the default), or another of
                      ${EXAMPLES.filter((name) => name !== 'chatbot-api').join(', ')}
  --assembly <folder> deploys the cloud assembly that your own 'cdk synth' wrote, in the place of an example
  --port <number>     port on 127.0.0.1, 0 for a free one (4100)
  --no-open           opens no browser
  --model-url <url>   an OpenAI-compatible server answers: http://127.0.0.1:11434/v1?model=name
  --bedrock           Amazon Bedrock answers, with your own credentials
  --help              prints this`;

export interface CommandLine {
  readonly help: boolean;
  readonly example: string;
  readonly assembly?: string;
  readonly port: number;
  readonly open: boolean;
  readonly modelUrl?: string;
  readonly bedrock: boolean;
}

/** What the command was given; an error says what is wrong with it in the words of the command line. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`'--port' must be a number from 0 to 65535, got ${values.port}`);
  if (positionals.length > 1) throw new Error(`one example at a time, got ${positionals.join(', ')}`);
  if (positionals.length > 0 && values.assembly !== undefined) throw new Error(`only one of '${positionals[0]}' and '--assembly' may say what to deploy`);
  if (positionals.length > 0 && !EXAMPLES.includes(positionals[0])) throw new Error(`there is no example '${positionals[0]}', only ${EXAMPLES.join(', ')}`);
  if (values['model-url'] !== undefined && values.bedrock) throw new Error("only one of '--model-url' and '--bedrock' may say who answers");
  if (values['model-url'] !== undefined) readServerUrl('--model-url', values['model-url']);
  return {
    help: values.help,
    example: positionals[0] ?? 'chatbot-api',
    assembly: values.assembly,
    port,
    open: !values['no-open'],
    modelUrl: values['model-url'],
    bedrock: values.bedrock,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'assembly': { type: 'string' },
        'port': { type: 'string', default: '4100' },
        'no-open': { type: 'boolean', default: false },
        'model-url': { type: 'string' },
        'bedrock': { type: 'boolean', default: false },
        'help': { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    // Node.js goes on to explain how a positional argument may begin with a dash; nothing here does.
    throw new Error(`${(error as Error).message.split('. ')[0]}\n\n${USAGE}`);
  }
}
