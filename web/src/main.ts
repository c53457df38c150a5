import './style.css';
import { readDocument, type Report } from './document';
import { h, name } from './dom';
import { drawNow, drawWaiting } from './figure';
import { clean, shorten } from './format';
import { caseBrief, caseSections } from './sections/case';
import { contents, Page } from './sections/page';
import { patientSections } from './sections/patient';
import { studyBrief, studySections } from './sections/study';

const kNotice = 'Research use only. Not a medical device.';
const kKinds = { study: 'Study report', case: 'Case report', patient: 'Patient over time' };

function build(report: Report): Page {
  document.title = `${shorten(report.title, 120)} · radtype`;
  const page = new Page();
  if (report.kind === 'study') studySections(page, report);
  else if (report.kind === 'case') caseSections(page, report);
  else patientSections(page, report);
  const brief = report.kind === 'study' ? studyBrief(report) : report.kind === 'case' ? caseBrief(report) : null;
  const notice = clean(report.notice || kNotice);
  const { program, version } = report.provenance ?? {};
  document.body.prepend(
    h('a', { class: 'skip', href: '#main' }, 'Skip to the report'),
    h(
      'div',
      { class: 'page' },
      h(
        'header',
        { class: 'title' },
        h('p', { class: 'kind' }, 'radtype', h('span', { 'aria-hidden': 'true' }, ' · '), kKinds[report.kind]),
        h('h1', {}, name(report.title, 140)),
        h('p', { class: 'notice' }, notice),
        brief,
      ),
      contents(page.sections),
      h('main', { id: 'main', tabindex: -1 }, ...page.sections.map((section) => section.element)),
      h(
        'footer',
        {},
        h('p', {}, notice.includes(kNotice) ? kNotice : `${kNotice} ${notice}`),
        h('p', { class: 'muted' }, `Made by ${program ?? 'radtype'} ${version ?? ''}. The page asks nothing of any other server.`),
        licences(),
      ),
    ),
  );
  return page;
}

function licences(): HTMLElement | null {
  const text = document.getElementById('radtype-licences')?.textContent?.trim();
  if (!text) return null;
  return h('details', { class: 'fold' }, h('summary', {}, 'Software in this page, and its licences'), h('pre', { tabindex: 0 }, text));
}

async function start(): Promise<void> {
  const opening = document.getElementById('radtype-opening');
  let page: Page;
  try {
    page = build(await readDocument());
    opening?.remove();
    page.build(0);
    performance.mark('radtype-title');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    opening?.remove();
    document.title = 'radtype report';
    document.body.prepend(h('main', { class: 'failed' }, h('h1', {}, 'No report to show'), h('p', {}, reason), h('p', {}, kNotice)));
    document.documentElement.dataset.ready = 'no';
    return;
  }
  // The title and the first section are painted before the rest is made, and the text before the figures.
  await painted();
  for (let i = 1; i < page.length; ++i) {
    page.build(i);
    if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  // Links into the page from its address find their section only now.
  if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  addEventListener('beforeprint', drawNow);
  await drawWaiting();
  document.documentElement.dataset.ready = 'yes';
}

function painted(): Promise<void> {
  // A page in the background is not painted at all.
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 250);
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        setTimeout(() => {
          clearTimeout(timer);
          resolve();
        }, 0),
      ),
    );
  });
}

void start();
