import { targetsOf } from '../../local/playground/session';

const CHAT = 'http://127.0.0.1:4100/Stack/Chat/prod/';
const RAG = 'http://127.0.0.1:4100/Stack/Rag/prod/';
const OTHER = 'http://127.0.0.1:4100/Stack/Other/prod/';
const apis = { [CHAT]: { answers: 'chat' as const }, [RAG]: { answers: 'pipeline' as const }, [OTHER]: {} };

test.each<[string, Record<string, string>, [name: string, url: string][]]>([
  ['an output that is called Url leads to the API, whatever else there is', { RagEndpoint: RAG, Url: CHAT }, [['Stack', CHAT]]],
  ['without one, an output of any name does that leads to an API which answers', { Documents: 'bucket', RestEndpoint12AB: RAG, Other: OTHER }, [['Stack', RAG]]],
  ['an API with two outputs is one', { Answers: RAG, RestEndpoint12AB: RAG }, [['Stack', RAG]]],
  ['several are told apart by their outputs', { Chat: CHAT, Rag: RAG }, [['Stack · Chat', CHAT], ['Stack · Rag', RAG]]],
  ['a socket is a chat', { Socket: 'ws://127.0.0.1:4100/Stack/Socket/prod' }, [['Stack', 'ws://127.0.0.1:4100/Stack/Socket/prod']]],
  ['what answers nothing is none', { Other: OTHER, Documents: 'bucket' }, []],
])('%s', (_, outputs, targets) => {
  expect(targetsOf({ outputs: { Stack: outputs }, apis }).map(({ name, url }) => [name, url])).toEqual(targets);
  expect(targetsOf({ outputs: { Stack: outputs }, apis }).every(({ stack }) => stack === 'Stack')).toBe(true);
});
