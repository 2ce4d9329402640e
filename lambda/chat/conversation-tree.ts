import { messageId } from './message-id';
import type { MessagePlace, OutlinedMessage } from '../ports/conversations';

interface Node extends MessagePlace {
  readonly parent?: string;
  readonly children: string[];
  /** The newest turn at or below it. */
  reach: number;
}

/** Stands for what roots have in place of a parent. */
const ROOT = 'root';

/** The tree that the messages of a conversation make: each has a parent, and those with the same are answers to it, or wordings of it. */
export class ConversationTree {
  private readonly nodes = new Map<string, Node>();
  private readonly children = new Map<string, string[]>();

  /** @param turns complete ones, the oldest first */
  constructor(turns: readonly (readonly OutlinedMessage[])[]) {
    for (const turn of turns) for (const message of turn) this.add(message);
    // Children are later than their parents, so from the end on every reach is known before it is passed on.
    for (const node of [...this.nodes.values()].reverse()) {
      const parent = this.nodes.get(node.parent ?? ROOT);
      if (parent) parent.reach = Math.max(parent.reach, node.reach);
    }
  }

  has(place: MessagePlace): boolean {
    return this.nodes.has(messageId(place));
  }

  /** From a root to a leaf: the messages above one, itself, and below it those that were said last. */
  branch(through: MessagePlace | undefined): MessagePlace[] {
    const roots = [...this.nodes.keys()].filter((id) => !this.isBelow(id));
    const start = through ? this.nodes.get(messageId(through)) : this.newestOf(roots);
    const branch: Node[] = [];
    for (let node = start; node; node = this.nodes.get(node.parent ?? ROOT)) branch.unshift(node);
    for (let node = start && this.newestOf(start.children); node; node = this.newestOf(node.children)) branch.push(node);
    return branch.map(({ turn, index }) => ({ turn, index }));
  }

  parent(place: MessagePlace): string | undefined {
    const { parent } = this.nodes.get(messageId(place)) ?? {};
    return parent !== undefined && this.nodes.has(parent) ? parent : undefined;
  }

  /** The ids of all that stand in the same place, itself among them, in the order they were said. */
  siblings(place: MessagePlace): readonly string[] {
    return this.children.get(this.nodes.get(messageId(place))?.parent ?? ROOT) ?? [];
  }

  private add({ turn, index, parent: named }: OutlinedMessage): void {
    const id = messageId({ turn, index });
    const above = index > 0 ? { turn, index: index - 1 } : named;
    const parent = above && messageId(above);
    const children = this.children.get(id) ?? [];
    this.children.set(id, children);
    this.nodes.set(id, { turn, index, parent, children, reach: turn });
    const siblings = this.children.get(parent ?? ROOT) ?? [];
    siblings.push(id);
    this.children.set(parent ?? ROOT, siblings);
  }

  /** What stood above it may have expired. */
  private isBelow(id: string): boolean {
    return this.nodes.has(this.nodes.get(id)?.parent ?? ROOT);
  }

  private newestOf(ids: readonly string[]): Node | undefined {
    const nodes = ids.flatMap((id) => this.nodes.get(id) ?? []);
    return nodes.reduce<Node | undefined>((newest, node) => newest && newest.reach > node.reach ? newest : node, undefined);
  }
}
