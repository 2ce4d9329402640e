/** The contrast of one piece of text as it is seen, and the least that WCAG AA asks of its size. */
export interface TextContrast {
  readonly text: string;
  readonly ratio: number;
  readonly least: number;
}

/** Runs inside the page, so it stands alone: every visible text against the nearest ground behind it. */
export function textContrasts(): TextContrast[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
  const rgba = (color: string) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color: string) => {
    const [red, green, blue] = rgba(color).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element: Element | null): string => {
    const color = element ? getComputedStyle(element).backgroundColor : 'rgb(255, 255, 255)';
    return rgba(color)[3] === 255 ? color : ground(element!.parentElement);
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found: TextContrast[] = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement!;
    const style = getComputedStyle(element);
    const text = walker.currentNode.textContent!.trim();
    if (!text || element.closest('.spoken, .skip, option') || !element.checkVisibility()) {
      continue;
    }
    const [lighter, darker] = [luminance(style.color), luminance(ground(element))].sort((a, b) => b - a);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    found.push({ text, ratio: (lighter + 0.05) / (darker + 0.05), least: large ? 3 : 4.5 });
  }
  return found;
}
