import { analyse } from 'chardet';
import type { GuessCharset } from '../parse/encoding';

/** Less is chance, and so is what a few letters tell. */
const LEAST = 15;

export const guessCharset: GuessCharset = (bytes) => analyse(bytes).filter(({ confidence }) => confidence >= LEAST).map(({ name }) => name);
