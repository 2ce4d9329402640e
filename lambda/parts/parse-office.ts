import { readDocx } from '../parse/docx';
import { readPptx } from '../parse/pptx';
import { readXlsx } from '../parse/xlsx';

/** Word, PowerPoint, Excel. */
export const office = { docx: readDocx, pptx: readPptx, xlsx: readXlsx };
