// Runs before the first paint, so that a page opened with ?theme= never flashes. A classic script: modules run too late.
'use strict';
{
  const wanted = new URLSearchParams(location.search).get('theme');
  if (wanted === 'dark' || wanted === 'light') {
    document.documentElement.dataset.theme = wanted;
  }
}
