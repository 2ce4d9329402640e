import { detect } from 'chardet';
import type { GuessCharset } from '../parse/encoding';

export const guessCharset: GuessCharset = (bytes) => detect(bytes) ?? undefined;
