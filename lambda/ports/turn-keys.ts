import type { ConversationKey, OpenTurn } from './conversations';

/** What clients call turns, so that one which they ask for again is not taken twice. */
export interface TurnKeys {
  /** The turn that a key stands for; it may have failed. */
  find(conversation: ConversationKey, name: string, now: number): Promise<KeyedTurn | undefined>;
  /** Lets a key stand for a running turn, in place of the one that it stood for. False where it stands for yet another by now. */
  claim(turn: OpenTurn, key: TurnKey, before: KeyedTurn | undefined): Promise<boolean>;
}

export interface TurnKey {
  readonly name: string;
  /** Of what was asked: the same key never stands for two requests. */
  readonly hash: string;
}

export interface KeyedTurn {
  readonly turnId: string;
  readonly number: number;
  readonly hash: string;
}
