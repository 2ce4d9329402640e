export { readPdf } from '../parse/pdf/read';
