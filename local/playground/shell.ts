import { copyButton, h } from './dom';
import { FaultSwitch } from './faults';
import { Meter } from './meter';
import { answersOf, isSocket, Session, Target, targetsOf, tokenFor } from './session';
import { signedFetch } from './signed-fetch';
import { SocketFetch } from './socket-fetch';
import { themeButton } from './theme';
import { View } from './view';

/** The frame around every pattern's view: who is signed in, which API is called, what it has cost, the local test tools. */
export function openShell(body: HTMLElement, session: Session, views: readonly View[]): void {
  const targets = targetsOf(session);
  const pattern = h('h1', {});
  const users = Object.keys(session.users);
  const meter = new Meter();
  const faultNotice = h('span', { class: 'fault-notice', role: 'status' });
  const faults = new FaultSwitch((name) => {
    faultNotice.textContent = name ? `Model failures are on: ${name}` : '';
  });
  const aside = h('div', { class: 'aside-view' });
  const main = h('main', { id: 'main' });
  const side = sideToggle();
  let user = users[0];
  let target = targets[0];
  let unmount = () => {};

  const mount = () => {
    unmount();
    aside.replaceChildren();
    const view = target && views.find(({ serves }) => serves === answersOf(session, target));
    pattern.textContent = view?.pattern ?? session.example;
    side.name(view?.side);
    document.title = `${pattern.textContent} · Playground`;
    if (!view || !target || !user) {
      showOutputs(main, session);
      return;
    }
    const token = tokenFor(session, target, user);
    const socket = isSocket(target) ? new SocketFetch(target, user, token) : undefined;
    const api = socket?.fetch ?? signedFetch(target, user, token);
    const close = view.mount({
      aside,
      main,
      user,
      target,
      api,
      meter,
      token,
      settled: () => void faults.refresh(),
      showMain: () => side.show(false),
    });
    unmount = () => {
      close();
      socket?.close();
    };
  };

  body.replaceChildren(
    h('a', { class: 'skip', href: '#message' }, 'Skip to the message box'),
    h('header', {},
      h('div', { class: 'brand' },
        pattern,
        h('p', {}, 'cdk-genai-patterns · local cloud')),
      targets.length > 0 && apiField(targets, (chosen) => {
        target = chosen;
        mount();
      }),
      userField(users, (chosen) => {
        user = chosen;
        mount();
      }),
      themeButton()),
    side.element,
    h('aside', { 'id': 'aside', 'aria-labelledby': side.element.id }, aside, faults.element),
    main,
    h('footer', {}, meter.element, faultNotice));
  mount();
  void faults.refresh();
}

function apiField(targets: readonly Target[], choose: (target: Target) => void): HTMLElement {
  const url = h('code', { title: targets[0].url }, targets[0].url);
  const copy = copyButton('Copy URL', () => url.textContent!);
  const name = targets.length === 1 ? h('span', { class: 'label' }, 'API') : h('select', {
    'aria-label': 'API',
    'onchange': (event: Event) => {
      const chosen = targets[(event.target as HTMLSelectElement).selectedIndex];
      url.textContent = url.title = chosen.url;
      choose(chosen);
    },
  }, ...targets.map(({ name: option }) => h('option', {}, option)));
  return h('div', { class: 'api' }, name, url, copy);
}

function userField(users: readonly string[], choose: (user: string) => void): HTMLElement {
  return h('fieldset', { class: 'users' },
    h('legend', { class: 'label' }, 'Signed in as'),
    ...users.map((user, index) => h('label', {},
      h('input', { type: 'radio', name: 'user', value: user, checked: index === 0, onchange: () => choose(user) }),
      h('span', {}, user))));
}

/** On a narrow screen the side column folds away behind this button; on a wide one the style sheet hides the button. */
function sideToggle(): { element: HTMLElement; show(open: boolean): void; name(holds?: string): void } {
  const show = (open: boolean) => {
    document.body.classList.toggle('side-open', open);
    element.setAttribute('aria-expanded', String(open));
  };
  const element = h('button', {
    'type': 'button',
    'id': 'side-toggle',
    'class': 'side-toggle',
    'aria-expanded': 'false',
    'aria-controls': 'aside',
    'onclick': () => show(!document.body.classList.contains('side-open')),
  });
  const name = (holds?: string) => {
    element.textContent = holds ? `${holds} and test tools` : 'Test tools';
  };
  return { element, show, name };
}

function showOutputs(main: HTMLElement, session: Session): void {
  main.replaceChildren(h('div', { class: 'lost' },
    h('h2', {}, 'No view on the playground'),
    h('p', {}, 'It runs all the same. The page shows APIs of chats and of answers from documents that stand among the outputs of their stacks: give one, new CfnOutput(this, \'Url\', { value: rag.url }). These are its outputs:'),
    h('pre', { tabindex: '0' }, JSON.stringify(session.outputs, undefined, 2))));
}
