export { readHtml } from '../parse/html';
