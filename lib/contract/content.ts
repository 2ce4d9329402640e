/**
 * The content bucket: what is too large for the table, or was sent by callers.
 *
 * upload        `files/<owner>/<file id>`                                   for the caller's requests, until it expires
 * conversation  `conversations/<owner>/<conversation>/…`                    what belongs to one conversation and goes with it
 *
 * The owner and the conversation are hashed, so that no name can spell another's key.
 */
export const CONTENT = { files: 'files/', conversations: 'conversations/' } as const;
