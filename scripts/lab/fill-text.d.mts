export function fillText(html: string, texts: Readonly<Record<string, string>>): string;
