import { h } from './dom';
import { loadSession } from './session';
import { openShell } from './shell';
import { View } from './view';
import { chat } from './views/chat';
import { pipeline, rag, tables } from './views/rag';

/** One line a pattern; the one that serves the chosen API is shown. */
const views: readonly View[] = [chat, rag, pipeline, tables];

loadSession().then(
  (session) => openShell(document.body, session, views),
  (error: Error) => document.body.replaceChildren(h('main', { class: 'lost', role: 'alert' },
    h('h1', {}, 'The local cloud does not answer'),
    h('p', {}, `${error.message}. Is `, h('code', {}, 'npm start'), ' still running?'),
    h('button', { type: 'button', class: 'primary', onclick: () => location.reload() }, 'Try again'))),
);
