import { type RestStreamingOptions } from './rest-streaming-options';

/** How questions reach what answers from documents: over an API of its own, or not at all. */
export abstract class RagApi {
  /** A regional REST API that streams answers, with the function that gives them and the check of who asks. */
  public static rest(options: RestStreamingOptions = {}): RagApi {
    return new Rest(options);
  }

  /**
   * None: the documents are there for others, such as a `ChatbotApi` that they are the `knowledge` of. No API, no function that answers and no users are
   * made, and what would concern them (`auth`, `model`, `answering`, `guardrail`) is left out and given to whoever answers.
   */
  public static none(): RagApi {
    return new None();
  }

  /** @internal */
  public abstract _rest(): RestStreamingOptions | undefined;
}

class Rest extends RagApi {
  constructor(private readonly options: RestStreamingOptions) {
    super();
  }

  public _rest(): RestStreamingOptions {
    return this.options;
  }
}

class None extends RagApi {
  public _rest(): undefined {
    return undefined;
  }
}
