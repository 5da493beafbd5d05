/** How a message is drawn: text, lists and links, an answer with its disclaimer and sources. */
import { html, nothing, type TemplateResult } from "lit";
import type { AnswerBody, Button, Link, Message, Question } from "./conversation";
import type { Labels } from "./labels";
import { asText, blocks, safe, type Block, type Piece } from "./text";

/** What pressing something does. */
export interface Acts {
  ask(button: Button): void;
  rate(message: Message, useful: boolean): void;
}

/** @param isCurrent whether the buttons beneath are of use now */
export function drawMessage(message: Message, isCurrent: boolean, labels: Labels, acts: Acts): TemplateResult {
  const { body, author } = message;
  const buttons = isCurrent ? (body.buttons ?? []) : [];
  const who = { visitor: labels.you, bot: labels.bot, staff: labels.staff }[author];
  return html`<div class="message ${author}">
      <span class=${author === "staff" ? "who" : "hidden"}>${who}:</span>
      ${body.kind === "answer" ? drawAnswer(body, labels) : author === "visitor" ? drawTyped(body.text) : drawText(body.text, labels)}
      ${body.kind === "answer" ? drawUseful(message, labels, acts) : nothing}
    </div>
    ${buttons.length
      ? html`<div class="choices">
          ${buttons.map((each) => html`<button type="button" @click=${() => acts.ask(each)}>${each.title}</button>`)}
        </div>`
      : nothing}`;
}

/** What a visitor typed, also while it is on its way: as it was typed. */
export function drawTyped(text: string): TemplateResult {
  return html`<p class="typed">${text}</p>`;
}

function drawAnswer(answer: AnswerBody, labels: Labels): TemplateResult {
  return html`${answer.passages.map((passage) => drawText(asText(passage.lines), labels))}
    <p class="disclaimer">${labels.disclaimer}: ${answer.disclaimer}</p>
    <details>
      <summary>${labels.sources} (${answer.sources.length})</summary>
      <p>${labels.fromArticle} ${drawLink(answer.article, labels)}</p>
      <ul>
        ${answer.sources.map((source) => html`<li>${drawLink(source, labels)}</li>`)}
      </ul>
      <p>${answer.sources_note}</p>
    </details>`;
}

function drawUseful(message: Message, labels: Labels, acts: Acts): TemplateResult {
  const choice = (useful: boolean, label: string) =>
    html`<button type="button" aria-pressed=${String(message.useful === useful)} @click=${() => acts.rate(message, useful)}>
      ${label}
    </button>`;
  return html`<div class="useful" role="group" aria-label=${labels.useful}>
    <span aria-hidden="true">${labels.useful}</span>${choice(true, labels.yes)}${choice(false, labels.no)}
  </div>`;
}

function drawText(text: string, labels: Labels): TemplateResult[] {
  return blocks(text).map((block) => drawBlock(block, labels));
}

function drawBlock(block: Block, labels: Labels): TemplateResult {
  if (block.kind === "list") {
    return html`<ul>
      ${block.items.map((item) => html`<li>${drawPieces(item, labels)}</li>`)}
    </ul>`;
  }
  return html`<p>${block.lines.map((line, index) => [index ? html`<br />` : nothing, drawPieces(line, labels)])}</p>`;
}

function drawPieces(line: Piece[], labels: Labels): unknown[] {
  return line.map(({ text, url }) => {
    if (!url) return text;
    return url.startsWith("mailto:") ? html`<a href=${url}>${text}</a>` : drawLink({ title: text, url }, labels);
  });
}

function drawLink(link: Link, labels: Labels): TemplateResult | string {
  const url = safe(link.url);
  if (!url) return link.title;
  return html`<a href=${url} target="_blank" rel="noopener noreferrer"
    >${link.title}<span class="hidden"> (${labels.newTab})</span></a
  >`;
}

/** A question on its way to the server. */
export function drawPending(question: Question, labels: Labels): TemplateResult {
  return html`<div class="message visitor pending">
    ${drawTyped(question.text)}
    <small>${labels.pending}</small>
  </div>`;
}

/** Of two quick taps the second one was meant for what stood there before. */
export function skipSecondTap(tap: UIEvent): void {
  if (tap.detail > 1) tap.stopPropagation();
}
