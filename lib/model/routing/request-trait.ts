import { type IConstruct } from 'constructs';
import { type RoutingTrait } from '../../contract/routing';
import { fail, requireInteger, requirePattern } from '../../internal/validation';

/** Languages that a text tells by itself. */
const LANGUAGES = ['ja', 'ko', 'zh', 'ru', 'ar', 'he', 'el', 'th', 'hi', 'en', 'de', 'fr', 'es', 'it', 'pt', 'nl'];

/** What a request can be told by. All of it is in the request, or in what was verified of its caller. */
export abstract class RequestTrait {
  /**
   * The request is long: its messages and tools, as estimated, not the history that a conversation adds.
   *
   * @param tokens more than so many tokens, from 1
   */
  public static tokensOver(tokens: number): RequestTrait {
    return new Trait({ kind: 'tokens', over: tokens }, (scope) => requireInteger(scope, 'tokensOver', tokens, 1, 100_000_000));
  }

  /**
   * The user's last message is in one of these languages. A text of a few words may not tell its language, and then is in none.
   *
   * @param languages ISO 639 codes: ar, de, el, en, es, fr, he, hi, it, ja, ko, nl, pt, ru, th, zh
   */
  public static language(...languages: string[]): RequestTrait {
    return new Trait({ kind: 'language', languages }, (scope) => {
      const unknown = languages.find((language) => !LANGUAGES.includes(language));
      if (unknown !== undefined || languages.length === 0) {
        fail(scope, `'language' must name some of ${[...LANGUAGES].sort().join(', ')}, got ${unknown === undefined ? 'none' : `'${unknown}'`}`);
      }
    });
  }

  /** The request holds an image. */
  public static image(): RequestTrait {
    return new Trait({ kind: 'image' });
  }

  /** The request holds a document. */
  public static document(): RequestTrait {
    return new Trait({ kind: 'document' });
  }

  /** The request offers tools that the model may call. */
  public static tools(): RequestTrait {
    return new Trait({ kind: 'tools' });
  }

  /** The user's last message holds code, or an error message of it. */
  public static code(): RequestTrait {
    return new Trait({ kind: 'code' });
  }

  /** The user's last message holds mathematics. */
  public static math(): RequestTrait {
    return new Trait({ kind: 'math' });
  }

  /**
   * The request carries a header. It is the client's own word: whoever may call may write it, so let no more than taste depend on it.
   *
   * @param name the header's name
   * @param value its whole value
   */
  public static header(name: string, value: string): RequestTrait {
    return new Trait({ kind: 'header', name: name.toLowerCase(), value }, (scope) =>
      requirePattern(scope, 'header', name, /^[A-Za-z0-9-]{1,64}$/, "a header's name: 1 to 64 letters, digits or -"));
  }

  /**
   * The caller is in a group, as the verified token (`cognito:groups`, else `groups`) or the authorizer says; no header can claim it.
   *
   * @param name the group's name
   */
  public static userGroup(name: string): RequestTrait {
    return new Trait({ kind: 'group', group: name }, (scope) => requirePattern(scope, 'userGroup', name, /^[^\s,]{1,128}$/, 'the name of a group, without white space or commas'));
  }

  /** @internal */
  public abstract _bind(scope: IConstruct): RoutingTrait;
}

class Trait extends RequestTrait {
  constructor(private readonly trait: RoutingTrait, private readonly check: (scope: IConstruct) => void = () => undefined) {
    super();
  }

  public _bind(scope: IConstruct): RoutingTrait {
    this.check(scope);
    return this.trait;
  }
}
