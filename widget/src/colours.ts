/** Colours and sizes, which a page can set as custom properties; contrast is at least 4.5 in light and dark. */
export const COLOURS = `
  --accent: var(--botwijzer-accent, #0b5f56);
  --on-accent: var(--botwijzer-on-accent, #ffffff);
  --ground: var(--botwijzer-background, #ffffff);
  --soft: var(--botwijzer-soft, #eef4f3);
  --text: var(--botwijzer-text, #1b2524);
  --quiet: var(--botwijzer-quiet, #4a5957);
  --line: var(--botwijzer-line, #6f807d);
  --radius: var(--botwijzer-radius, 14px);
  --font: var(--botwijzer-font, system-ui, sans-serif);
`;

export const DARK_COLOURS = `
  --accent: var(--botwijzer-dark-accent, #8fd9cd);
  --on-accent: var(--botwijzer-dark-on-accent, #06201d);
  --ground: var(--botwijzer-dark-background, #16201f);
  --soft: var(--botwijzer-dark-soft, #24312f);
  --text: var(--botwijzer-dark-text, #eef4f3);
  --quiet: var(--botwijzer-dark-quiet, #b7c7c4);
  --line: var(--botwijzer-dark-line, #8fa19e);
`;
