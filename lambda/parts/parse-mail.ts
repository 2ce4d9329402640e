export { readMail } from '../parse/mail';
