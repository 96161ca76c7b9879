/** Saves a text as a file. Characters that a file name cannot have become `_`. */
export function downloadText(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(0, 120);
  link.click();
  // The browser has the content once the download has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
