#include <playhead/audio_output.h>
#include <playhead/ffmpeg/backend.h>
#include <playhead/io/byte_sources.h>
#include <playhead/player.h>
#include <playhead/sdl/audio_device.h>
#include <playhead/sdl/window.h>
using namespace playhead;

int main(int argc, char** argv) {
    if (argc < 2) return 1;
    EngineOptions with;
    with.sources = ffmpeg::make_source_factory(io::make_byte_source_factory());
    with.decoders = ffmpeg::make_decoder_factory();
    with.converters = ffmpeg::make_converter_factory();
    Engine engine{with};
    VideoOutput screen;
    AudioOutput speaker{sdl::make_audio_device(engine.executor())};
    auto window = sdl::Window::create(engine.executor(), screen).value();
    Player player{engine, {screen.sink(), speaker.sink()}};
    auto hears = engine.bus().subscribe({}, [wake = window->wake()](const Event&) { wake(); });
    player.open({argv[1], nullptr, {}});
    player.play();
    window->show();
    auto over = [&] { return player.state() >= PlayerState::ended; }; // or failed
    for (bool quit = false; !quit && !over();) {
        window->turn({}, [&](const SDL_Event& event) { quit = event.type == SDL_QUIT; });
    }
}
