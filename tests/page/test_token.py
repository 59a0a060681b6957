import pytest
from playwright.async_api import Page


@pytest.mark.parametrize(
    ("fragment", "token", "rest"),
    [
        ("", "", ""),
        ("#", "", ""),
        ("#here", "", "#here"),
        ("#token=", "", ""),
        ("#token=wst_a-b_c", "wst_a-b_c", ""),
        ("#token=a+b/c==", "a+b/c==", ""),
        ("#token=a%2Bb%26c", "a+b&c", ""),
        ("#token=100%", "100%", ""),
        ("#here&token=abc&there", "abc", "#here&there"),
        ("#mytoken=abc", "", "#mytoken=abc"),
    ],
)
async def test_the_token_is_taken_out_of_the_fragment(
    modules: Page, fragment: str, token: str, rest: str
) -> None:
    found = await modules.evaluate(
        "async (hash) => (await import('/page/token.js')).tokenInFragment(hash)", fragment
    )

    assert found == {"token": token, "rest": rest}


@pytest.mark.parametrize(
    ("given", "token"),
    [
        ("wst_a-b_c", "wst_a-b_c"),
        (" wst_a-b_c\n", "wst_a-b_c"),
        ("a#b", "a#b"),
        ("https://example.org:8765/#token=wst_a-b_c ", "wst_a-b_c"),
        ("#token=wst_a-b_c", "wst_a-b_c"),
        ("https://example.org/#here", "https://example.org/#here"),
        ("", ""),
    ],
)
async def test_a_token_is_given_as_it_is_or_as_its_link(
    modules: Page, given: str, token: str
) -> None:
    found = await modules.evaluate(
        "async (given) => (await import('/page/token.js')).tokenGiven(given)", given
    )

    assert found == token
