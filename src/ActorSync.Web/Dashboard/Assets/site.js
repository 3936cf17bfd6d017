// The page works without this file; with it, it is live. Server-sent events tell what changed, and the parts concerned are loaded again.
'use strict';
(() => {
  const leastGapMs = 700;
  const parts = [...document.querySelectorAll('[data-live]')];
  const say = document.getElementById('say');
  const live = document.getElementById('live');
  let paused = false;
  let sayTimer;

  const tell = (text, action) => {
    clearTimeout(sayTimer);
    say.replaceChildren(text);
    if (action) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = action.label;
      button.addEventListener('click', () => { say.replaceChildren(); action.run(); });
      say.append(button);
    }
    sayTimer = setTimeout(() => say.replaceChildren(), action ? 30000 : 7000);
  };

  // Takes over new content element by element, so that focus, scroll and unsent input stay where they are. Keyed elements that changed flash once.
  const keyOf = node => node.nodeType === 1 ? node.getAttribute('data-key') : null;
  const isDirtyInput = node => node.nodeType === 1 && node.matches('form.inline') && (node.contains(document.activeElement) || node.dataset.touched);
  const flash = node => { node.classList.remove('flash'); void node.offsetWidth; node.classList.add('flash'); };

  const withoutTimes = node => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll('time').forEach(t => { t.textContent = ''; });
    copy.querySelectorAll('[data-version]').forEach(f => f.removeAttribute('data-version'));
    copy.classList.remove('flash');
    return copy.innerHTML;
  };

  const morphChildren = (from, to, isNew) => {
    const known = new Map();
    for (const child of from.children) { const key = keyOf(child); if (key) known.set(key, child); }
    let cursor = from.firstChild;
    for (const next of [...to.childNodes]) {
      const key = keyOf(next);
      let match = key ? known.get(key) : null;
      if (!match && !key && cursor && cursor.nodeType === next.nodeType && cursor.nodeName === next.nodeName && !keyOf(cursor)) match = cursor;
      if (!match) {
        from.insertBefore(next, cursor);
        if (key && !isNew && next.matches('tr, li')) flash(next);
        continue;
      }
      if (match === cursor) cursor = cursor.nextSibling; else from.insertBefore(match, cursor);
      known.delete(key);
      morph(match, next);
    }
    while (cursor) { const gone = cursor; cursor = cursor.nextSibling; if (!isDirtyInput(gone)) gone.remove(); }
    known.forEach(gone => { if (gone.parentNode === from && ![...to.children].includes(gone)) gone.remove(); });
  };

  const morph = (from, to) => {
    if (from.nodeType === 3) { if (from.data !== to.data) from.data = to.data; return; }
    if (from.nodeType !== 1 || isDirtyInput(from)) return;
    const changes = keyOf(from) && from.matches('tr, li, article') && withoutTimes(from) !== withoutTimes(to);
    for (const name of to.getAttributeNames()) if (from.getAttribute(name) !== to.getAttribute(name)) from.setAttribute(name, to.getAttribute(name));
    for (const name of from.getAttributeNames()) if (!to.hasAttribute(name) && name !== 'class') from.removeAttribute(name);
    if (from.nodeName === 'INPUT' && from !== document.activeElement) from.value = to.getAttribute('value') ?? '';
    morphChildren(from, to, false);
    if (changes && !from.matches('article')) flash(from);
  };

  const waiting = new Map();
  const load = async part => {
    const state = waiting.get(part) ?? { busy: false, again: false, last: 0 };
    waiting.set(part, state);
    if (state.busy) { state.again = true; return; }
    state.busy = true;
    try {
      const wait = state.last + leastGapMs - Date.now();
      if (wait > 0) await new Promise(done => setTimeout(done, wait));
      state.again = false;
      state.last = Date.now();
      const answer = await fetch(part.dataset.live, { headers: { Accept: 'text/html' } });
      if (answer.status === 401) { location.reload(); return; }
      if (!answer.ok) return;
      const holder = document.createElement(part.nodeName);
      holder.innerHTML = await answer.text();
      morphChildren(part, holder, part.childElementCount === 0);
      showTimes();
    } catch { /* The connection is down: the next event or reconnect loads it. */ } finally {
      state.busy = false;
      if (state.again) load(part);
    }
  };

  const concerns = (part, update) => {
    const on = part.dataset.on;
    if (on === 'all') return true;
    if (on.startsWith('product:')) return update.many || update.products.includes(on.slice(8));
    return update.many || update.products.length > 0;
  };

  const setLive = state => {
    if (!live) return;
    live.dataset.state = state;
    live.querySelector('.text').textContent = { on: 'Live', waiting: 'Reconnecting', paused: 'Paused' }[state];
    live.setAttribute('aria-pressed', String(state !== 'paused'));
  };

  if (parts.length && live) {
    const source = new EventSource('/events');
    let first = true;
    source.addEventListener('hello', () => {
      if (!paused) setLive('on');
      if (!first && !paused) parts.forEach(load);
      first = false;
    });
    source.addEventListener('update', event => {
      if (paused) return;
      const update = JSON.parse(event.data);
      parts.filter(part => concerns(part, update)).forEach(load);
    });
    source.onerror = () => { if (!paused) setLive('waiting'); };
    // Channel figures move without events (budgets refill); a slow look keeps them honest, and is the fallback when events cannot come through.
    setInterval(() => { if (!paused && !document.hidden) parts.filter(p => p.dataset.on === 'all' || source.readyState !== 1).forEach(load); }, 5000);
    const toggle = () => { paused = !paused; setLive(paused ? 'paused' : 'on'); if (!paused) parts.forEach(load); };
    live.addEventListener('click', toggle);
    document.addEventListener('keydown', event => {
      if (event.target.closest('input, select, textarea') || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === 'p') toggle();
      if (event.key === '/') { const search = document.getElementById('search'); if (search) { event.preventDefault(); search.focus(); } }
    });
  }

  const showTimes = () => document.querySelectorAll('time').forEach(time => {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    time.textContent = seconds < 5 ? 'just now' : seconds < 60 ? `${Math.floor(seconds)} s ago` : seconds < 3600 ? `${Math.floor(seconds / 60)} min ago`
      : seconds < 172800 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86400)} days ago`;
  });
  setInterval(showTimes, 5000);

  const newKey = () => crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('');

  const send = async (method, url, body) => {
    const options = { method, headers: { Accept: 'application/json', 'Idempotency-Key': newKey() } };
    if (body !== undefined) { options.headers['Content-Type'] = 'application/json'; options.body = body; }
    try {
      const answer = await fetch(url, options);
      const text = await answer.text();
      const data = text ? JSON.parse(text) : null;
      return { ok: answer.ok, data, message: answer.ok ? null : data?.detail ?? `The answer was ${answer.status}.` };
    } catch (failure) { return { ok: false, message: `The hub does not answer (${failure.message}).` }; }
  };

  const busy = async (button, work) => {
    if (button.disabled) return;
    button.disabled = true;
    try { await work(); } finally { button.disabled = false; }
  };

  document.addEventListener('click', event => {
    const button = event.target.closest('button[data-post], button[data-copy]');
    if (!button) return;
    if (button.dataset.copy) {
      navigator.clipboard?.writeText(button.dataset.copy).then(() => tell('Copied.'), () => tell(button.dataset.copy));
      return;
    }
    busy(button, async () => {
      const done = await send('POST', button.dataset.post, button.dataset.body);
      const refused = (done.data?.rejected ?? done.data?.data?.rejected ?? []).map(r => r.message).join(' ');
      tell(done.ok ? refused || `${button.textContent.trim()}: done.` : done.message);
      parts.forEach(load);
    });
  });

  document.addEventListener('input', event => { const form = event.target.closest('form.inline'); if (form) form.dataset.touched = '1'; });

  document.addEventListener('submit', event => {
    const form = event.target;
    const button = form.querySelector('button[type=submit]');
    if (form.dataset.edit) {
      event.preventDefault();
      const value = form.elements.value.value;
      const edit = { [form.dataset.field]: value };
      const body = form.dataset.variant ? { variants: { [form.dataset.variant]: edit } } : edit;
      const save = force => busy(button, async () => {
        const done = await send('PATCH', form.dataset.edit, JSON.stringify({ ...body, version: Number(form.dataset.version), ...(force ? { force: true } : {}) }));
        delete form.dataset.touched;
        const refused = done.data?.rejected ?? [];
        if (!done.ok) tell(done.message);
        else if (refused.length) tell(refused.map(r => r.message).join(' '), { label: 'Set it all the same', run: () => save(true) });
        else tell('Saved. The channels follow.');
        if (document.activeElement && form.contains(document.activeElement)) document.activeElement.blur();
        parts.forEach(load);
      });
      save(false);
    } else if (form.dataset.json) {
      event.preventDefault();
      busy(button, async () => {
        const body = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, form.elements[name].hasAttribute?.('data-number') ? Number(value.replaceAll(',', '')) : value]));
        const done = await send('POST', form.dataset.json, JSON.stringify(body));
        if (done.ok) location.assign(form.dataset.then); else tell(done.message);
      });
    }
  });
  showTimes();
})();
